import Foundation
import TestSupport
import Testing

@testable import DvmCommand

@Suite("DvmProgram")
struct DvmProgramTests {
    private func choice(_ words: String...) -> DvmProgram.Choice {
        DvmProgram.choice(of: words.map { Array($0.utf8) })
    }

    private func run(_ command: DvmProgram.Command, _ words: String...) -> DvmProgram.Choice {
        .run(command, words.map { Array($0.utf8) })
    }

    @Test("the link's name selects the program, which gets all arguments")
    func links() {
        #expect(choice("dvm-source", "transfer") == run(.source, "transfer"))
        #expect(choice("/usr/bin/dvm-target", "serve", "source") == run(.target, "serve", "source"))
        #expect(choice("./dvm-rsync") == run(.rsync))
        #expect(choice("/usr/bin/rsync", "--server", ".") == run(.rsync, "--server", "."))
        #expect(choice("stunnel", "a.conf") == run(.stunnel, "a.conf"))
        #expect(choice("bin/dvm-stunnel", "rsync") == run(.stunnel, "rsync"))
    }

    @Test("under any other name the first argument selects the program")
    func words() {
        #expect(choice("dvm", "source", "transfer", "--help") == run(.source, "transfer", "--help"))
        #expect(choice("/bin/dvm", "rsync", "rsync") == run(.rsync, "rsync"))
        #expect(choice("dvm2", "stunnel") == run(.stunnel))
        #expect(choice("dvm", "target") == run(.target))
        #expect(choice("dvm") == .help)
        #expect(choice("dvm", "--help") == .help)
        #expect(choice() == .help)
        #expect(choice("dvm", "dvm-source") == .unknown(Array("dvm-source".utf8)))
        #expect(choice("dvm", "") == .unknown([]))
    }

    @Test("an unknown command is shown without control characters, with the known commands")
    func complaint() {
        let text = DvmProgram.complaint(about: Array("so\u{1B}[2Jurce".utf8))
        #expect(
            text
                == "dvm: \"so\\#033[2Jurce\" is not a command; the commands are source, target, rsync, stunnel, see dvm --help\n"
        )
    }
}

@Suite("dvm InteropTests", .timeLimit(.minutes(10)))
struct DvmBinaryInteropTests {
    private static let helps: [(String, [String])] = [
        ("source", ["transfer", "--help"]), ("target", ["serve", "--help"]), ("rsync", ["--help"]),
        ("stunnel", ["-help"]),
    ]

    /// What a program prints, and its exit code.
    private func result(_ path: String, _ arguments: [String]) throws -> String {
        let run = try ChildProcess(path, arguments)
        let code = try run.waitForExit()
        return "\(run.output)\nexit code \(code)"
    }

    @Test("each program is the same by a link, by a word and by itself", arguments: helps)
    func programs(name: String, help: [String]) throws {
        let dvm = try BuiltProgram.path("dvm")
        let directory = try TemporaryDirectory()
        for arguments in [help, ["--nonsense"]] {
            let expected = try result(try BuiltProgram.path("dvm-\(name)"), arguments)
            #expect(expected.count > 60)
            #expect(try result(dvm, [name] + arguments) == expected)
            for link in ["dvm-\(name)"] + (["rsync", "stunnel"].contains(name) ? [name] : []) {
                let path = directory.file(link)
                if !FileManager.default.fileExists(atPath: path) {
                    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: dvm)
                }
                #expect(try result(path, arguments) == expected)
            }
        }
    }

    @Test("without a command it prints help, and an unknown one is an error with exit code 1")
    func noCommand() throws {
        let dvm = try BuiltProgram.path("dvm")
        let help = try result(dvm, [])
        #expect(help.hasPrefix("usage: dvm COMMAND"))
        #expect(help.hasSuffix("exit code 0"))
        #expect(try result(dvm, ["--help"]) == help)
        let unknown = try result(dvm, ["sauce"])
        #expect(unknown.hasPrefix("dvm: \"sauce\" is not a command"))
        #expect(unknown.hasSuffix("exit code 1"))
    }

    @Test("it copies files as rsync does, called by a link")
    func copies() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("rsync")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: try BuiltProgram.path("dvm"))
        try Data("content".utf8).write(to: URL(fileURLWithPath: directory.file("a")))
        let run = try ChildProcess(path, [directory.file("a"), directory.file("b")])
        #expect(try run.waitForExit() == 0)
        #expect(try Data(contentsOf: URL(fileURLWithPath: directory.file("b"))) == Data("content".utf8))
    }
}
