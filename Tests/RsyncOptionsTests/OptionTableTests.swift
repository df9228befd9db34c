import Foundation
import Testing

@testable import RsyncOptions

@Suite("OptionTable")
struct OptionTableTests {
    /// Long options of a text, without dashes.
    private func longNames(_ text: some StringProtocol) -> [String] {
        String(text).matches(of: /--([A-Za-z0-9][A-Za-z0-9-]*)/).map { String($0.1) }
    }

    @Test("no spelling stands for two options of one command line, and each option has one line of help")
    func spellings() {
        for reading in [\OptionDescriptor.isOfClient, \.isOfServer, \.isOfDaemon] {
            let options = OptionTable.options.filter { $0[keyPath: reading] }
            let spellings = options.flatMap { $0.names + ($0.letter.map { ["-\($0)"] } ?? []) }
            #expect(Dictionary(grouping: spellings, by: \.self).filter { $1.count > 1 }.isEmpty)
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
            longNames($0.components(separatedBy: "  ")[0])
        }
        let refused = longNames(try #require(parts.last).components(separatedBy: "says why:")[1])
        let known = OptionTable.options.filter(\.isOfClient)
        #expect((honoured + refused).sorted() == known.flatMap(\.names).sorted())
        for name in refused {
            guard case .refused? = OptionTable.client[name]?.reading else {
                Issue.record("\(name) is honoured")
                continue
            }
        }
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
        #expect(cells.flatMap { longNames($0) }.sorted() == OptionTable.options.flatMap(\.names).sorted())
        #expect(cells.count == OptionTable.options.count)
    }

    @Test(
        "InteropTests: every option of stock rsync's help is known",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/rsync"), "rsync is not installed")
    )
    func manual() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/rsync")
        process.arguments = ["--help"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
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

    @Test(
        "refused options are found by any of their names, and named as rsync names them",
        arguments: [
            ("del", "--delete"), ("delete", "--delete"), ("delete-during", "--delete"), ("checksum", nil),
            ("c", nil), ("fsync", "--fsync"), ("z", "--compress (-z)"), ("@", "--modify-window (-@)"), ("D", "-D"),
        ]
    )
    func refuse(word: String, expected: String?) {
        var options = TransferOptions()
        options.deletion.isOn = true
        options.placement.fsync = true
        options.wire.compress = true
        options.comparison.modifyWindow = 0
        options.attributes.specials = true
        #expect(OptionTable.canRefuse(word))
        #expect(OptionTable.refused(by: [word], in: options) == expected)
        #expect(OptionTable.refused(by: [], in: options) == nil)
    }

    @Test("what no client's arguments can use cannot be refused", arguments: ["acls", "progress", "bogus", "*", "!a"])
    func cannotRefuse(word: String) {
        #expect(!OptionTable.canRefuse(word))
    }
}

extension OptionDescriptor {
    var isOfClient: Bool { client.isKnown }
    var isOfServer: Bool { server.isKnown }
    var isOfDaemon: Bool { daemon.isKnown }
}

extension OptionReading {
    fileprivate var isKnown: Bool {
        if case .unknown = self { return false }
        return true
    }
}
