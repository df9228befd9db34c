import AgentTestSupport
import Foundation
import TestSupport
import Testing

@testable import TransferAgent

@Suite("Brakes of a pass", .timeLimit(.minutes(10)))
struct BrakeTests {
    /// Runs passes with a record, in this process.
    private struct Passes {
        let target: Target
        var record: String { target.directory.file("record.json") }

        init() throws {
            target = try Target()
            for index in 0..<20 { try write("content \(index)", to: target.source("f\(index)")) }
            try FileManager.default.createDirectory(
                atPath: target.source("d/e"),
                withIntermediateDirectories: true
            )
            try write("deep", to: target.source("d/e/f"))
        }

        func run(_ change: (inout TransferSettings) -> Void = { _ in }) async throws -> (PassResult, [String]) {
            var settings = target.settings
            settings.recordFile = record
            change(&settings)
            let log = Memory()
            let display = ProgressDisplay(style: .none, output: Memory(), log: .agent("dvm-source", output: log))
            let result = await (try PassRun(try SourceJob(settings), display: display)).run()
            return (result, log.lines)
        }

        func edit(_ old: String, _ new: String) throws {
            let text = try String(contentsOfFile: record, encoding: .utf8)
            let changed = text.replacingOccurrences(of: old, with: new, options: .regularExpression)
            guard changed != text else { throw Unexpected("\(old) is not in \(text)") }
            try write(changed, to: record)
        }
    }

    @Test("passes follow each other; a target that something else changed in between is not overwritten")
    func diverged() async throws {
        let passes = try Passes()
        for index in 0..<3 {
            try write("changed \(index)", to: passes.target.source("f1"))
            try FileManager.default.removeItem(atPath: passes.target.source("f\(10 + index)"))
            let (result, lines) = try await passes.run()
            #expect(result.error == nil, "\(String(describing: result.error))")
            #expect(lines == [])
        }
        // The kernel gives times by its ticks.
        let end = try #require(try recordedEnd(passes.record))
        repeat {
            try write("written there", to: passes.target.target("d/e/f"))
        } while try changeTime(passes.target.target("d/e/f")) < end + 0.05
        for _ in 0..<2 {
            let (result, _) = try await passes.run()
            #expect(result.error?.failure == .diverged && result.error?.exitCode == 4)
            #expect(result.error?.observed.contains("1 entry of the target changed after the last pass") == true)
            #expect(result.error?.observed.contains("\"d/e/f\"") == true)
            #expect(try String(contentsOfFile: passes.target.target("d/e/f"), encoding: .utf8) == "written there")
        }
        let (allowed, _) = try await passes.run { $0.pass.allowDiverged = true }
        #expect(allowed.error == nil)
        #expect(try String(contentsOfFile: passes.target.target("d/e/f"), encoding: .utf8) == "deep")
        #expect(try await passes.run().0.error == nil)
    }

    private func recordedEnd(_ path: String) throws -> TimeInterval? {
        let members = try PassRecordTests.members(of: try String(contentsOfFile: path, encoding: .utf8))
        let text = try PassRecordTests.volume(members)["targetEnd"] as? String
        return text.flatMap(LogTime.init(parsing:)).map { Double($0.seconds) + Double($0.milliseconds) / 1000 }
    }

    private func changeTime(_ path: String) throws -> TimeInterval {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Unexpected("stat \(path): \(errno)") }
        return Double(status.st_ctim.tv_sec) + Double(status.st_ctim.tv_nsec) / 1e9
    }

    @Test("what a record cannot tell is said, and does not keep a pass from being made")
    func unknown() async throws {
        let passes = try Passes()
        _ = try await passes.run()
        try passes.edit("\"state\":\"ended\"", "\"state\":\"running\"")
        try passes.edit("\"targetEnd\":\"[^\"]*\"", "\"targetEnd\":null")
        let (killed, lines) = try await passes.run()
        #expect(killed.error == nil && lines.contains { $0.contains("the last pass was killed") })
        try passes.edit("\"target\":\"[^\"]*\"", "\"target\":\"other:1\"")
        let (other, words) = try await passes.run()
        #expect(other.error == nil && words.contains { $0.contains("the last pass had another target") })
        try write("{}", to: passes.record)
        let error = await #expect(throws: AgentError.self) { _ = try await passes.run() }
        #expect(error?.failure == .badSetting && error?.observed.contains("is not a record of a pass") == true)
    }

    @Test("why the end of the last pass is not known is said of each volume, also when that pass ended")
    func gaps() async throws {
        let passes = try Passes()
        let (first, silence) = try await passes.run()
        #expect(first.error == nil && silence == [])
        try passes.edit("\"targetEnd\":\"[^\"]*\"", "\"targetEnd\":null")
        let (stock, lines) = try await passes.run()
        let begin = "volume data: not known whether the target has been changed since: "
        #expect(stock.error == nil && lines.count == 1)
        #expect(lines.first?.contains(begin + "a stock target does not say when the last pass was complete") == true)
        try write("longer", to: passes.target.source("new"))
        let (failed, _) = try await passes.run { $0.pass.largestFile = "1" }
        #expect(failed.error?.failure == .fileTooLarge)
        try passes.edit("\"targetEnd\":\"[^\"]*\"", "\"targetEnd\":null")
        let (next, words) = try await passes.run()
        #expect(
            next.error == nil && words.first?.contains(begin + "the last pass failed on its way") == true,
            "\(words)"
        )
        try passes.edit("\"name\":\"data\"", "\"name\":\"other\"")
        let (missing, notes) = try await passes.run()
        #expect(missing.error == nil && notes.first?.contains(begin + "the last pass did not have this volume") == true)
    }

    @Test("a pass that did not get as far as a session leaves the end of the pass before, also when it was killed")
    func carried() async throws {
        let passes = try Passes()
        _ = try await passes.run()
        let end = try #require(try recordedEnd(passes.record))
        let port = freePort()
        let (refused, _) = try await passes.run {
            $0.target = "127.0.0.1:\(port)"
            $0.pass.mountPoint = true
        }
        #expect(refused.error?.failure == .notMounted)
        let settings = passes.target.settings
        let last = try LastPass(file: passes.record, target: settings.target)
        #expect(last.gap(of: try SourceJob(settings).volumes[0]) == "the last pass had another target")
        let (unmounted, _) = try await passes.run { $0.pass.mountPoint = true }
        #expect(unmounted.error?.failure == .notMounted)
        _ = try await passes.run()
        let record = PassRecord(
            try SourceJob(settings),
            after: try LastPass(file: passes.record, target: settings.target)
        )
        try write(record.running([]), to: passes.record)
        let kept = try #require(try recordedEnd(passes.record))
        #expect(kept >= end)
        try write("written there", to: passes.target.target("f1"))
        while try changeTime(passes.target.target("f1")) < kept + 0.05 {
            try write("written there", to: passes.target.target("f1"))
        }
        #expect(try await passes.run().0.error?.failure == .diverged)
        try write(record.running(["data"]), to: passes.record)
        #expect(try recordedEnd(passes.record) == nil)
        let (unknown, lines) = try await passes.run()
        #expect(unknown.error == nil && lines.contains { $0.contains("the last pass was killed") })
    }

    @Test("deletions that stop at the limit are a failure of every pass, also beside what it accepts")
    func limit() async throws {
        let target = try Target()
        try write("kept", to: target.source("file"))
        for index in 0..<5 { try write("extra", to: target.target("extra\(index)")) }
        for (kind, left) in [(nil, 4), (.stage, 3), (.cutover, 2)] as [(PassKind?, Int)] {
            var settings = target.settings
            settings.kind = kind
            settings.pass.accept = Set(AcceptedException.allCases)
            settings.pass.mostDeletions = 1
            let outcome = try await transferOne(settings)
            #expect(outcome.error?.failure == .deletionLimit && outcome.exitCode == 25, "\(outcome.exceptions)")
            let names = try FileManager.default.contentsOfDirectory(atPath: target.directory.file("target"))
            #expect(names.filter { $0.hasPrefix("extra") }.count == left)
        }
    }

    @Test("a record lists few exceptions, and one that is too long is a gap")
    func long() async throws {
        let passes = try Passes()
        for index in 0..<30 {
            try write(String(repeating: "x", count: 5000), to: passes.target.source("large\(index)"))
        }
        _ = try await passes.run { $0.pass.largestFile = "4096" }
        let members = try PassRecordTests.members(of: try String(contentsOfFile: passes.record, encoding: .utf8))
        let volume = try PassRecordTests.volume(members)
        #expect((volume["exceptions"] as? [String])?.count == 20)
        #expect((volume["exceptionCount"] as? Int ?? 0) >= 30)
        truncate(passes.record, 65 << 20)
        let last = try LastPass(file: passes.record, target: passes.target.settings.target)
        let job = try SourceJob(passes.target.settings)
        #expect(last.gap(of: job.volumes[0]) == "the record of the last pass is too long")
    }

    @Test("an earlier end makes the entries of the last pass itself count as changes; at most a thousand are counted")
    func many() async throws {
        let passes = try Passes()
        for index in 0..<1200 { try write("", to: passes.target.source("g\(index)")) }
        _ = try await passes.run()
        try passes.edit("\"targetEnd\":\"[^\"]*\"", "\"targetEnd\":\"2020-01-01T00:00:00.000Z\"")
        let (result, _) = try await passes.run()
        #expect(result.error?.observed.contains("1,000 entries of the target changed") == true)
        #expect(result.error?.observed.contains("ended there at 2020-01-01T00:00:00.000Z") == true)
    }

    @Test("a source path on which nothing is mounted is refused where the job says that something is")
    func mountPoint() async throws {
        let passes = try Passes()
        let (refused, _) = try await passes.run { $0.pass.mountPoint = true }
        #expect(refused.error?.failure == .notMounted && refused.error?.exitCode == 3)
        #expect(try FileManager.default.contentsOfDirectory(atPath: passes.target.directory.file("target")).isEmpty)
        let brakes = try PassRecordTests.volume(
            try PassRecordTests.members(of: try String(contentsOfFile: passes.record, encoding: .utf8))
        )["brakes"]
        #expect((brakes as? [String: Any])?["mountPoint"] as? Bool == true)
    }

    @Test("one on which something is mounted is taken", .enabled(if: isPrivileged, "only root mounts"))
    func mounted() async throws {
        let passes = try Passes()
        let disk = try MountedVolume(.tmpfs, mebibytes: 4)
        try write("x", to: disk.file("x"))
        let (result, _) = try await passes.run {
            $0.pass.mountPoint = true
            $0.volumes = ["data=" + disk.path]
        }
        #expect(result.error == nil, "\(String(describing: result.error))")
    }

    @Test("a time is read as it was written", arguments: [0, 951_868_799, 951_868_800, 1_785_000_000, 253_402_300_799])
    func time(seconds: Int64) {
        let time = LogTime(seconds: seconds, milliseconds: 7)
        #expect(LogTime(parsing: time.text) == time)
        for text in [
            "", "2026-02-30T00:00:00.000Z", "2026-13-01T00:00:00.000Z", time.text + " ", "x" + time.text.dropFirst(),
        ] {
            #expect(LogTime(parsing: text) == nil, "\(text)")
        }
    }
}
