import Foundation
import ProcessSupport
import TestSupport
import Testing

@testable import RsyncProgram

@Suite("ShellExit")
struct ShellExitTests {
    typealias Ending = ChildProgram.Ending

    // Seen with rsync 3.5.0 and shells that end in these ways.
    @Test(
        "after a successful push the shell's status counts, whatever our own code is",
        arguments: [
            (0, .exited(0), 0), (23, .exited(0), 23), (0, .exited(1), 1), (23, .exited(1), 1), (23, .exited(24), 24),
            (0, .exited(127), 127), (0, .exited(255), 255), (23, .exited(255), 255), (0, .killed(signal: 9), 16),
            (23, .killed(signal: 15), 16), (0, nil, 21),
        ] as [(Int32, Ending?, Int32)]
    )
    func complete(own: Int32, ending: Ending?, code: Int32) {
        #expect(ShellExit.code(own: own, isBroken: false, isPush: true, ending: ending) == code)
    }

    @Test(
        "after a successful pull the higher of both codes counts",
        arguments: [
            (0, .exited(0), 0), (23, .exited(0), 23), (0, .exited(1), 1), (23, .exited(1), 23), (23, .exited(30), 30),
            (0, .exited(255), 255), (0, .killed(signal: 15), 16), (23, .killed(signal: 15), 23), (0, nil, 21),
        ] as [(Int32, Ending?, Int32)]
    )
    func pulled(own: Int32, ending: Ending?, code: Int32) {
        #expect(ShellExit.code(own: own, isBroken: false, isPush: false, ending: ending) == code)
    }

    @Test(
        "when the shell closes the connection, a status above 12 is reported",
        arguments: [
            (12, .exited(0), 12), (12, .exited(1), 12), (12, .exited(10), 12), (12, .exited(13), 13),
            (12, .exited(126), 126), (12, .exited(127), 127), (12, .exited(255), 255), (12, .killed(signal: 9), 12),
            (12, nil, 12), (10, .exited(255), 255), (10, .exited(1), 12), (10, .killed(signal: 9), 12),
            (2, .exited(255), 2), (30, .exited(255), 30),
        ] as [(Int32, Ending?, Int32)]
    )
    func broken(own: Int32, ending: Ending?, code: Int32) {
        #expect(ShellExit.code(own: own, isBroken: true, isPush: true, ending: ending) == code)
    }
}

private let stock = "/usr/bin/rsync"

@Suite("dvm-rsync InteropTests", .enabled(if: FileManager.default.isExecutableFile(atPath: stock), "no rsync"))
struct ProgramExitInteropTests {
    /// A shell that ends at once; something else holds the connection for a moment, so that the status is known before.
    private static func shell(early ending: String) -> String { "(sleep 0.3) &\n\(ending)\n" }
    /// A shell that serves and then ends.
    private static func shell(late ending: String) -> String { "shift\n\"$@\"\n\(ending)\n" }

    @Test(
        "a remote shell's end becomes the exit code that stock rsync has",
        .timeLimit(.minutes(10)),
        arguments: ["exit 0", "exit 1", "exit 127", "exit 255", "kill -KILL $$", "kill -TERM $$"],
        [true, false]
    )
    func shells(ending: String, isEarly: Bool) throws {
        let directory = try TemporaryDirectory()
        let shell = directory.file("shell")
        let text = "#!/bin/sh\n" + (isEarly ? Self.shell(early: ending) : Self.shell(late: ending))
        try Data(text.utf8).write(to: URL(fileURLWithPath: shell))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: shell)
        let file = directory.file("file")
        try Data("content".utf8).write(to: URL(fileURLWithPath: file))
        for (source, destination) in [(file, "host:\(file)2"), ("host:\(file)", "\(file)3")] {
            let codes = try [try BuiltProgram.path("dvm-rsync"), stock].map { program in
                try ChildProcess(program, ["-e", shell, source, destination]).waitForExit()
            }
            #expect(codes[0] == codes[1], "\(source) to \(destination)")
        }
    }

    @Test("a daemon without its configuration file ends as stock rsync does, with 1", .timeLimit(.minutes(10)))
    func noConfiguration() throws {
        for program in [try BuiltProgram.path("dvm-rsync"), stock] {
            let daemon = try ChildProcess(program, ["--daemon", "--no-detach", "--config=/nowhere/rsyncd.conf"])
            #expect(try daemon.waitForExit() == 1)
            #expect(daemon.output.contains("/nowhere/rsyncd.conf"))
        }
    }
}
