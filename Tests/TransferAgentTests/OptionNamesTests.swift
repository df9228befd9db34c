import AgentTestSupport
import Foundation
import TestSupport
import Testing

@testable import TransferAgent

@Suite("Options that texts name", .timeLimit(.minutes(10)))
struct OptionNamesTests {
    private static let commands = [
        ("dvm-source", "transfer"), ("dvm-source", "doctor"), ("dvm-source", "capacity"), ("dvm-target", "serve"),
        ("dvm-target", "capacity"), ("dvm-source", "manifest"), ("dvm-source", "compare"),
    ]
    /// Options of rsync that the agents give to stock peers, and comments explain.
    private static let foreign: Set = ["--modify-window", "--timeout"]
    private static let repository = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardizedFileURL

    /// What a command's parser takes: the first column of its help.
    private static func options(_ program: String, _ command: String) throws -> Set<String> {
        let help = try ChildProcess.run(try BuiltProgram.path(program), [command, "--help"])
        let definitions = help.split(separator: "\n").filter { $0.hasPrefix("  -") }
        return Set(definitions.flatMap { names(in: $0.prefix { $0 != "<" }.split(separator: "   ").first ?? "") })
    }

    private static func all() throws -> Set<String> {
        try commands.reduce(into: foreign) { $0.formUnion(try options($1.0, $1.1)) }
    }

    /// The long options that a text names.
    private static func names(in text: some StringProtocol) -> [String] {
        String(text).matches(of: /(?:^|[^\w\-])(--[a-z][a-z\-]*)/).map { String($0.output.1) }
    }

    @Test("every option in the table of failures is one of an agent's parser")
    func failures() throws {
        let options = try Self.all()
        #expect(options.count > 50)
        for row in FailureTable.sections.flatMap(\.rows) {
            let texts = [row.explanation.meaning, row.explanation.cause, row.explanation.advice]
            for name in texts.flatMap({ Self.names(in: $0) }) {
                #expect(options.contains(name), "\(row.failure.code) names \(name)")
            }
        }
    }

    @Test("every option in a help text is one of an agent's parser", arguments: commands)
    func help(program: String, command: String) throws {
        let options = try Self.all()
        let help = try ChildProcess.run(try BuiltProgram.path(program), [command, "--help"])
        for name in Self.names(in: help) { #expect(options.contains(name), "the help names \(name)") }
    }

    @Test(
        "every option in the agents' sources is one of an agent's parser, or of rsync's that they give to stock peers"
    )
    func sources() throws {
        let options = try Self.all()
        var count = 0
        for module in ["AgentControl", "TransferAgent", "ConnectionDoctor", "AgentCommand", "dvm-source", "dvm-target"]
        {
            let directory = Self.repository.appending(path: "Sources/\(module)")
            for case let file as URL in FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil)
                ?? .init()
            where file.pathExtension == "swift" && file.lastPathComponent != "ExtraOptions.swift" {
                for name in Self.names(in: try String(contentsOf: file, encoding: .utf8)) {
                    count += 1
                    #expect(options.contains(name), "\(file.lastPathComponent) names \(name)")
                }
            }
        }
        #expect(count > 100)
    }

    @Test("every command line of the agents in README.md and docs is one that the parser knows")
    func documents() throws {
        let directory = Self.repository.appending(path: "docs")
        let pages = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
        var count = 0
        for page in pages.filter({ $0.pathExtension == "md" }) + [Self.repository.appending(path: "README.md")] {
            for line in try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
            where line.hasPrefix("    ") {
                for (program, command) in Self.commands where line.contains("\(program) \(command) ") {
                    count += 1
                    let options = try Self.options(program, command)
                    for name in Self.names(in: line) {
                        #expect(options.contains(name), "\(page.lastPathComponent): \(line)")
                    }
                }
            }
        }
        #expect(count >= 3)
    }
}
