import Foundation
import TestSupport
import Testing

@testable import RsyncDaemon

@Suite("ParameterTable")
struct ParameterTableTests {
    private static let manual = "/usr/share/man/man5/rsyncd.conf.5.gz"
    private static let page = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../docs/daemon.md").standardizedFileURL

    /// The parameters of the installed manual: the items of its two sections about parameters.
    private static func parameters() throws -> Set<String> {
        let process = Process()
        let output = Foundation.Pipe()
        process.executableURL = URL(filePath: "/bin/zcat")
        process.arguments = [manual]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        var names: Set<String> = []
        var isInside = false
        for line in text.replacing("\\-", with: "-").replacing("\\ ", with: " ").split(separator: "\n") {
            if line.hasPrefix(".SH ") { isInside = line.contains("PARAMETERS") }
            guard isInside, line.hasPrefix(".IP \""), !line.contains("\\f") || line.contains("\\fB") else { continue }
            let item = line.dropFirst(5).split(separator: "\"").first ?? ""
            let plain = item.replacing("\\fB", with: "").replacing("\\fP", with: "").replacing("\\fR", with: "")
            for name in plain.split(separator: ",") {
                names.insert(ParameterDescriptor.key(of: String(name)))
            }
        }
        return names
    }

    @Test(
        "every parameter of rsyncd.conf(5) is in the table",
        .enabled(if: FileManager.default.fileExists(atPath: manual), "the manual is not installed")
    )
    func complete() throws {
        let documented = try Self.parameters()
        #expect(documented.count > 50)
        #expect(documented.subtracting(ParameterTable.byKey.keys).sorted() == [])
        let known = Set(ParameterTable.parameters.map { ParameterDescriptor.key(of: $0.name) })
        #expect(known.subtracting(documented).sorted() == [])
    }

    @Test("no name stands for two parameters")
    func unique() {
        let names = ParameterTable.parameters.flatMap(\.names)
        #expect(ParameterTable.byKey.count == names.count)
    }

    @Test("docs/daemon.md is generated from the table (scripts/options)")
    func page() throws {
        if ProcessInfo.processInfo.environment["DVM_WRITE_OPTIONS"] != nil {
            try Data(ParameterTable.page.utf8).write(to: Self.page)
        }
        #expect(try String(contentsOf: Self.page, encoding: .utf8) == ParameterTable.page)
    }

    @Test("the defaults in the table are those of the settings")
    func defaults() throws {
        for parameter in ParameterTable.parameters where parameter.refusal == nil && !parameter.usual.isEmpty {
            guard parameter.scope == .module, ![.text, .list].contains(parameter.kind) else { continue }
            let text = "\(parameter.name) = \(parameter.usual)\n[m]\npath = /x"
            let module = try DaemonConfiguration(parsing: Array(text.utf8)).modules.first
            let usual = try DaemonConfiguration(parsing: Array("[m]\npath = /x".utf8)).modules.first
            #expect(module == usual, "\(parameter.name)")
        }
    }
}
