import Foundation
import Testing

@testable import RsyncOptions

@Suite("OptionTable")
struct OptionTableTests {
    /// The options that a part of a text names, such as `--perms` and `-p`.
    private func named(_ text: some StringProtocol) -> [String] {
        String(text).matches(of: /(?:^|[ |`])(--?[A-Za-z0-9@][A-Za-z0-9-]*)/).map { String($0.1) }
    }

    private func spellings(_ options: [OptionDescriptor]) -> [String] {
        options.flatMap { option in option.names.map { "--\($0)" } + (option.letter.map { ["-\($0)"] } ?? []) }
    }

    @Test("no spelling means two options of one command line, and each option has one line of help")
    func spellings() {
        for reading in [\OptionDescriptor.isOfClient, \.isOfServer, \.isOfDaemon] {
            let options = OptionTable.options.filter { $0[keyPath: reading] }
            #expect(Dictionary(grouping: spellings(options), by: \.self).filter { $1.count > 1 }.isEmpty)
        }
        for option in OptionTable.options {
            #expect(
                !option.help.isEmpty && !option.help.contains("\n") && !option.help.hasSuffix("."),
                "\(option.spelling)"
            )
        }
    }

    @Test("--help names every option of a client exactly once")
    func help() throws {
        let parts = OptionTable.help.components(separatedBy: "Options of rsync that are refused")
        #expect(parts.count == 2)
        let honoured = parts[0].split(separator: "\n").filter { $0.hasPrefix("-") }.flatMap {
            named($0.components(separatedBy: "  ")[0])
        }
        let refused = named(try #require(parts.last).components(separatedBy: "options.md):")[1])
        let all = honoured + refused
        #expect(Set(all).count == all.count)
        #expect(all.sorted() == spellings(OptionTable.options.filter(\.isOfClient)).sorted())
        #expect(refused.sorted() == spellings(OptionTable.options.filter(\.isRefused)).sorted())
    }

    /// `DVM_WRITE_OPTIONS=1` writes the page instead: see scripts/options.
    @Test("docs/options.md is what the table says, and names every option exactly once")
    func page() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../docs/options.md"
        )
        if ProcessInfo.processInfo.environment["DVM_WRITE_OPTIONS"] != nil {
            try Data(OptionTable.page.utf8).write(to: path)
        }
        let page = try String(contentsOf: path, encoding: .utf8)
        #expect(page == OptionTable.page)
        let cells = page.split(separator: "\n").filter { $0.hasPrefix("| `") }.map {
            $0.components(separatedBy: " | ")[0]
        }
        #expect(cells.count == OptionTable.options.count)
        let names = cells.flatMap { named($0) }
        #expect(names.sorted() == spellings(OptionTable.options).sorted())
        // -h and -M are other options behind --daemon.
        #expect(names.count - Set(names).count == 2)
        #expect(Set(names.filter { $0.hasPrefix("--") }).count == names.count { $0.hasPrefix("--") })
    }

    private func output(of program: String, _ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }

    @Test(
        "every option that the installed rsync(1) describes is in the table",
        .enabled(if: FileManager.default.fileExists(atPath: Self.manualPath), "rsync(1) is not installed")
    )
    func manual() throws {
        let text = try output(of: "/usr/bin/zcat", Self.manualPath).replacing(/\\f.|\\/, with: "")
        let parts = text.components(separatedBy: ".SH \"DAEMON OPTIONS\"")
        #expect(parts.count == 2)
        let daemonPart = parts[parts.count - 1].components(separatedBy: "\n.SH ")[0]
        for (part, isKnown) in zip(
            [parts[0], daemonPart],
            [isKnown(by: OptionTable.client), isKnown(by: OptionTable.daemonLine)]
        ) {
            // A paragraph's heading has all spellings of an option: .IP "--perms, -p"
            let headings = part.split(separator: "\n").filter { $0.hasPrefix(".IP \"-") }.map {
                String($0.dropFirst(5))
            }
            #expect(headings.count >= 10)
            for spelling in headings.flatMap({ $0.matches(of: /--?[A-Za-z0-9@][A-Za-z0-9-]*/) }).map({ String($0.0) })
            where spelling != "--no-OPTION" {
                #expect(isKnown(spelling), "\(spelling)")
            }
        }
    }

    private static let manualPath = "/usr/share/man/man1/rsync.1.gz"

    private func isKnown<State>(by index: OptionIndex<State>) -> (String) -> Bool {
        { spelling in
            guard spelling.hasPrefix("--") else { return spelling.last.map { index[$0] != nil } ?? false }
            let name = String(spelling.dropFirst(2))
            return index[name] != nil || index.turnedOff(by: name) != nil
        }
    }

    @Test(
        "every option of stock rsync's help is known",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/rsync"), "rsync is not installed")
    )
    func stockHelp() throws {
        let text = try output(of: "/usr/bin/rsync", "--help")
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("-") }
        #expect(lines.count > 140)
        for line in lines {
            for spelling in line.components(separatedBy: "  ")[0].matches(of: /(?:^|, )(--?)([^\s=,]+)/) {
                let name = String(spelling.2)
                if name == "no-OPTION" { continue }
                let isKnown =
                    spelling.1 == "-"
                    ? OptionTable.client[Character(name)] != nil
                    : OptionTable.client[name] != nil || OptionTable.client.turnedOff(by: name) != nil
                #expect(isKnown, "\(spelling.0)")
            }
        }
    }
}

extension OptionDescriptor {
    var isOfClient: Bool { client.isKnown }
    var isOfServer: Bool { server.isKnown }
    var isOfDaemon: Bool { daemon.isKnown }
    var isRefused: Bool {
        if case .refused = client { return true }
        return false
    }
}

extension OptionReading {
    fileprivate var isKnown: Bool {
        if case .unknown = self { return false }
        return true
    }
}
