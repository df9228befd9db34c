import AgentTestSupport
import Foundation
import RsyncEngine
import TestSupport
import Testing

@testable import TransferAgent

@Suite("Record of a pass", .timeLimit(.minutes(10)))
struct PassRecordTests {
    /// The members of a record, which is checked against the schema.
    static func members(of text: String) throws -> [String: Any] {
        #expect(text.hasSuffix("}\n"))
        #expect(try SchemaCheck("pass-record").faults(of: text) == [])
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    static func volume(_ record: [String: Any]) throws -> [String: Any] {
        try #require((record["volumes"] as? [[String: Any]])?.first)
    }

    @Test("a program's pass leaves a record with its figures, from within its sandbox, and the next pass replaces it")
    func complete() throws {
        let programs = try AgentPrograms(size: 100_000)
        let (server, port) = try programs.target()
        defer { server.stop() }
        let path = programs.directory.file("records/last.json")
        try FileManager.default.createDirectory(
            atPath: programs.directory.file("records"),
            withIntermediateDirectories: true
        )
        for changed in [1, 0] {
            let begin = Date()
            let source = try programs.source(to: port, ["--record", path, "--pass", "stage", "--job-name", "shop"])
            #expect(try source.waitForExit() == 0, "\(source.output)")
            let record = try Self.members(of: try String(contentsOfFile: path, encoding: .utf8))
            #expect(record["state"] as? String == "ended" && record["outcome"] as? String == "complete")
            #expect(record["pass"] as? String == "stage" && record["job"] as? String == "shop")
            #expect(record["code"] is NSNull && record["exitCode"] as? Int == 0)
            let volume = try Self.volume(record)
            #expect(volume["name"] as? String == "v" && volume["attempts"] as? Int == 1)
            #expect(volume["scanned"] as? Int == 2 && volume["changed"] as? Int == changed)
            #expect(volume["created"] as? Int == changed && volume["deleted"] as? Int == 0)
            #expect(volume["totalBytes"] as? Int == 100_000 && volume["literalBytes"] as? Int == changed * 100_000)
            // Both run on this machine's clock.
            let format = ISO8601DateFormatter()
            format.formatOptions.insert(.withFractionalSeconds)
            let times = try [record["begin"], volume["targetEnd"], record["end"]].map { value in
                let text = try #require(value as? String)
                return try #require(format.date(from: text))
            }
            #expect(times == times.sorted() && times[0] > begin.addingTimeInterval(-0.1) && times[2] <= Date())
            let seconds = try #require(volume["seconds"] as? [String: Double])
            let sum = seconds.values.reduce(0, +)
            #expect(sum > 0 && sum <= times[2].timeIntervalSince(times[0]) + 0.01, "\(seconds)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: programs.directory.file("records")).count == 1)
            #expect(Set(seconds.keys) == ["check", "scan", "compare", "copy", "finish", "sync"])
            // It has the commands of the pass, and what they printed.
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test("a failed pass leaves one, too; one that was killed is still called running")
    func failed() throws {
        let programs = try AgentPrograms()
        let path = programs.directory.file("record.json")
        let refused = try programs.source(to: "1", ["--record", path])
        #expect(try refused.waitForExit() == 10)
        let record = try Self.members(of: try String(contentsOfFile: path, encoding: .utf8))
        #expect(record["outcome"] as? String == "incomplete" && record["code"] as? String == "DVM-1002")
        #expect(record["retryable"] as? Bool == true && (record["reason"] as? String)?.isEmpty == false)
        let volume = try Self.volume(record)
        #expect(volume["code"] as? String == "DVM-1002" && volume["targetEnd"] is NSNull)

        let (server, port) = try programs.target()
        defer { server.stop() }
        let killed = try programs.source(to: port, ["--record", path, "--bwlimit", "500K"])
        try killed.waitForOutput("% ")
        killed.stop()
        let running = try Self.members(of: try String(contentsOfFile: path, encoding: .utf8))
        #expect(running["state"] as? String == "running" && running["end"] is NSNull && running["outcome"] == nil)
    }

    @Test("a record that cannot be written ends the run before it connects")
    func unwritable() throws {
        let programs = try AgentPrograms(size: 1)
        let source = try programs.source(to: "1", ["--record", programs.directory.file("none/record.json")])
        #expect(try source.waitForExit() == 11)
        #expect(source.output.contains("DVM-5004") && !source.output.contains("DVM-1002"))
    }

    @Test("a record in a source volume or directly below / is refused, since the program may write beside it")
    func places() throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.file("v/d"), withIntermediateDirectories: true)
        func job(_ record: String) throws -> SourceJob {
            var settings = TransferSettings(volumes: ["v=" + directory.file("v")], target: "t:1", trust: .insecure)
            settings.recordFile = record
            return try SourceJob(settings)
        }
        for path in ["/record.json", directory.file("v/record.json"), directory.file("v/d/record.json")] {
            let error = #expect(throws: AgentError.self) { try job(path) }
            #expect(error?.failure == .badSetting && error?.observed.hasPrefix("--record \(path): ") == true)
        }
        _ = try job(directory.file("v-record.json"))
    }

    @Test("the parts of an attempt add up to its duration, whatever was seen of them")
    func phases() {
        func sum(_ phases: PassPhases) -> Duration {
            phases.check + phases.scan + phases.compare + phases.copy + phases.finish + phases.sync
        }
        let progress = TransferProgress()
        let ten = Duration.seconds(10)
        let unconnected = PassPhases(of: ten, sessionBegan: nil, progress, synchronization: nil)
        #expect(unconnected.check == ten && sum(unconnected) == ten)
        let unlisted = PassPhases(of: ten, sessionBegan: .seconds(2), progress, synchronization: .seconds(50))
        #expect(unlisted.check == .seconds(2) && unlisted.scan == .seconds(8) && sum(unlisted) == ten)
    }
}
