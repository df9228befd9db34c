import AgentTestSupport
import Foundation
import TestSupport
import Testing

@testable import TransferAgent

@Suite("Termination report", .timeLimit(.minutes(10)))
struct TerminationTests {
    /// The report in a file, as members; checked against the schema.
    private func report(in path: String) throws -> [String: Any] {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.utf8.count <= TerminationReport.limit && text.hasSuffix("}\n"))
        #expect(try SchemaCheck("termination").faults(of: text) == [])
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test("both agents report a complete transfer and a target that was stopped when idle")
    func complete() throws {
        let programs = try AgentPrograms(size: 100_000)
        let (source, target) = (programs.directory.file("source.json"), programs.directory.file("target.json"))
        let (server, port) = try programs.target(["--termination-log", target])
        defer { server.stop() }
        #expect(try programs.source(to: port, ["--termination-log", source]).waitForExit() == 0)
        let members = try report(in: source)
        #expect(members["outcome"] as? String == "complete")
        #expect(members["code"] is NSNull && members["retryable"] as? Bool == false)
        let counts = try #require(members["counts"] as? [String: Int])
        #expect(counts["volumesComplete"] == 1 && counts["filesTransferred"] == 1 && counts["totalBytes"] == 100_000)
        kill(server.processIdentifier, SIGTERM)
        #expect(try server.waitForExit() == 0)
        let served = try report(in: target)
        #expect(served["outcome"] as? String == "complete")
        let sessions = try #require(served["counts"] as? [String: Int])
        #expect(sessions["sessions"] == 1 && sessions["sessionsFailed"] == 0 && sessions["filesReceived"] == 1)
    }

    @Test("an interrupted transfer is reported at both ends, and may be repeated")
    func interrupted() throws {
        let programs = try AgentPrograms()
        let (source, target) = (programs.directory.file("source.json"), programs.directory.file("target.json"))
        let (server, port) = try programs.target(["--termination-log", target])
        defer { server.stop() }
        let client = try programs.source(to: port, ["--bwlimit", "500K", "--termination-log", source])
        defer { client.stop() }
        try client.waitForOutput("% ")
        kill(server.processIdentifier, SIGTERM)
        #expect(try client.waitForExit() == 20)
        #expect(try server.waitForExit() == 20)
        let ends = [(try report(in: source), "DVM-4002"), (try report(in: target), "DVM-4004")]
        for (members, code) in ends {
            #expect(members["outcome"] as? String == "incomplete" && members["exitCode"] as? Int == 20)
            #expect(members["code"] as? String == code && members["retryable"] as? Bool == true)
        }
        #expect(ends[0].0["volume"] as? String == "v")
        #expect((ends[1].0["counts"] as? [String: Int])?["sessionsInterrupted"] == 1)
    }

    @Test("a failure before the first connection is reported, too")
    func early() throws {
        let programs = try AgentPrograms(size: 1)
        let path = programs.directory.file("end.json")
        try write(String(repeating: "x", count: 5000), to: path)
        try FileManager.default.removeItem(atPath: programs.directory.file("password"))
        let source = try programs.source(to: "1", ["--termination-log", path])
        #expect(try source.waitForExit() == 1)
        let members = try report(in: path)
        #expect(members["code"] as? String == "DVM-5002" && members["retryable"] as? Bool == false)
        let unwritable = try programs.source(to: "1", ["--termination-log", "/proc/none/x"])
        #expect(try unwritable.waitForExit() == 1)
        #expect(unwritable.output.contains("--termination-log /proc/none/x cannot be opened"))
    }

    @Test("a long reason is cut, whatever it is made of", arguments: ["x", "\u{1}", "\u{1F600}", "\""])
    func long(character: String) throws {
        let error = AgentError(.partial, String(repeating: character, count: 9000), exitCode: 23)
        let text = TerminationReport(of: "dvm-source", error, volume: String(repeating: "\u{7}", count: 400)).json
        #expect(text.utf8.count < TerminationReport.limit)
        #expect(try SchemaCheck("termination").faults(of: text) == [])
    }

    @Test("a passed limit, a wrong type and an unknown member are faults")
    func check() throws {
        let right = TerminationReport(of: "dvm-source", nil).json
        let schema = try SchemaCheck("termination")
        #expect(try schema.faults(of: right) == [])
        for (old, new) in [
            ("\"exitCode\":0", "\"exitCode\":256"), ("\"retryable\":false", "\"retryable\":0"),
            ("\"code\":null", "\"code\":\"DVM-1\""), ("\"counts\":{}", "\"counts\":{\"x\":1}"),
            ("\"volume\":null,", ""), ("dvm-termination/1", "dvm-termination/2"),
        ] {
            #expect(try schema.faults(of: right.replacingOccurrences(of: old, with: new)).count == 1)
        }
    }
}
