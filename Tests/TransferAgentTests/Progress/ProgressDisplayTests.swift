import AgentTestSupport
import Foundation
import Logging
import RsyncEngine
import Synchronization
import Testing

@testable import TransferAgent

/// A display under a clock that the test sets.
private struct Stage {
    let output = Memory()
    let errors = Memory()
    let clock = ManualClock()
    let progress = TransferProgress()
    let display: ProgressDisplay

    init(_ style: ProgressFormat) {
        display = ProgressDisplay(
            style: style,
            output: output,
            log: frozenLog(errors),
            columns: { 64 },
            now: { [clock] in clock.now }
        )
        display.begin("data", progress)
    }

    /// One second of a transfer of 10 MiB at 1 MiB/s.
    func second(_ progress: TransferProgress? = nil) {
        let progress = progress ?? self.progress
        progress.bytesListed.store(10 << 20, ordering: .relaxed)
        progress.isListComplete.store(true, ordering: .releasing)
        progress.bytesMoved.add(1 << 20, ordering: .relaxed)
        progress.bytesDone.add(1 << 20, ordering: .relaxed)
        clock.advance(.seconds(1))
        display.tick()
    }

    func end(_ error: AgentError? = nil) {
        display.end(VolumeOutcome(name: "data", error: error, elapsed: .seconds(2)))
    }
}

@Suite("ProgressDisplay")
struct ProgressDisplayTests {
    @Test("lines come one per tick, and 100 % only at a good end")
    func lines() {
        let stage = Stage(.lines)
        stage.second()
        stage.second()
        #expect(
            stage.output.lines == [
                "data: 10% 1.00MiB/s 0:00:09 1.00MiB/10.00MiB", "data: 20% 1.00MiB/s 0:00:08 2.00MiB/10.00MiB",
            ]
        )
        stage.end()
        #expect(stage.output.lines.last == "data: 100% 0.00KiB/s 0:00:02")
        #expect(stage.errors.text.isEmpty)
    }

    @Test("a silence is told with its length, and ends with the next byte")
    func silence() {
        let stage = Stage(.lines)
        stage.second()
        stage.clock.advance(.seconds(4))
        stage.display.tick()
        #expect(stage.output.lines.last?.contains("waiting") == false)
        stage.clock.advance(.seconds(8))
        stage.display.tick()
        #expect(stage.output.lines.last?.hasSuffix(" waiting for 12 s") == true)
        #expect(stage.output.lines.last?.contains("KiB/s") == true)
        stage.second()
        #expect(stage.output.lines.last?.contains("waiting") == false)
    }

    @Test("a volume that failed has no 100 % and its error on the other output")
    func failed() {
        let stage = Stage(.lines)
        stage.second()
        stage.end(AgentError(.silence, "nothing came", exitCode: 30))
        #expect(!stage.output.text.contains("100%"))
        #expect(stage.output.text.contains("volume data: incomplete (exit code 30)"))
        #expect(
            stage.errors.text == "1970-01-01T00:00:00.007Z ERROR dvm-source: volume data: DVM-4003: nothing came: "
                + "\(FailureClass.silence.advice)\n"
        )
    }

    @Test("a terminal's line is redrawn in place and erased before other texts")
    func terminal() {
        let stage = Stage(.tty)
        stage.second()
        stage.display.message("note", .info)
        stage.end()
        #expect(
            stage.output.text.hasPrefix(
                "\r10%  1.00MiB/10.00MiB  1.00MiB/s  0 files sent  0:00:09 left\u{1B}[K\r\u{1B}[Knote\n"
            )
        )
        #expect(!stage.output.text.dropFirst().contains("\u{1B}[K\r\u{1B}[K\r"))
    }

    @Test("JSON is one object per line that other programs can parse")
    func json() throws {
        let stage = Stage(.json)
        stage.display.tick()
        stage.second()
        stage.display.message("a \"quoted\" \\ line\n\u{1}\u{2028}ü", .warning)
        stage.end(AgentError(.partial, "not all", exitCode: 23))
        let schema = try SchemaCheck("events")
        for line in stage.output.lines + [ProgressEvent.ended(TerminationReport(of: "dvm-source", nil))] {
            #expect(try schema.faults(of: line) == [], "\(line)")
        }
        let objects = try stage.output.lines.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(objects.map { $0["event"] as? String } == ["started", "progress", "progress", "message", "finished"])
        #expect(objects[1]["listing"] as? Bool == true)
        #expect(objects[1]["percent"] is NSNull)
        #expect(objects[2]["percent"] as? Int == 10)
        #expect(objects[2]["bytesPerSecond"] as? Int == 1 << 20)
        #expect(objects[2]["secondsLeft"] as? Int == 9)
        #expect(objects[3]["text"] as? String == "a \"quoted\" \\ line\n\u{1}\u{2028}ü")
        #expect(objects[4]["exitCode"] as? Int == 23)
        #expect(objects[4]["code"] as? String == "DVM-3023")
        #expect(objects[4]["complete"] as? Bool == false)
    }

    @Test("the percentage does not go back when a volume is begun again")
    func again() throws {
        let stage = Stage(.json)
        stage.second()
        stage.second()
        let next = TransferProgress()
        stage.display.begin("data", next)
        stage.display.tick()
        stage.second(next)
        let shown = try stage.output.lines.compactMap {
            (try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["percent"] as? Int
        }
        #expect(shown == [10, 20, 20])
        let other = TransferProgress()
        stage.display.begin("other", other)
        stage.second(other)
        #expect(stage.output.lines.last?.contains("\"percent\":10,") == true)
    }

    @Test("the silent style shows only what is wrong")
    func none() {
        let stage = Stage(.none)
        stage.second()
        stage.display.message("note", .info)
        stage.end()
        #expect(stage.output.text.isEmpty && stage.errors.text.isEmpty)
        stage.display.message("bad", .errorTransfer)
        #expect(stage.errors.text == "1970-01-01T00:00:00.007Z ERROR bad\n")
    }

    @Test("exceptions are listed in the summary, and counted when there are many")
    func exceptions() {
        let listed = (1...25).map { "exception \($0)" }
        let outcome = VolumeOutcome(
            name: "data",
            error: AgentError(.partial, "not everything could be transferred", exitCode: 23),
            exceptions: (listed, 2000),
            elapsed: .seconds(1)
        )
        #expect(outcome.summary.contains("    exception 20\n"))
        #expect(!outcome.summary.contains("exception 21"))
        #expect(outcome.summary.contains("    and 1,980 more\n"))
    }

    @Test(
        "the worst volume decides the exit code",
        arguments: [
            ([], 0), ([0, 0], 0), ([0, 24], 24), ([24, 23, 0], 23), ([23, 25], 23), ([25, 24], 25), ([23, 30, 10], 30),
        ] as [([Int32], Int32)]
    )
    func worst(codes: [Int32], expected: Int32) {
        let outcomes = codes.map { code in
            VolumeOutcome(
                name: "v",
                error: code == 0 ? nil : AgentError(.partial, "", exitCode: code),
                elapsed: .zero
            )
        }
        #expect(outcomes.worstExitCode == expected)
    }
}
