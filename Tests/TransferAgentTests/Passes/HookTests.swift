import AgentTestSupport
import Foundation
import LinuxSystem
import TestSupport
import Testing

@testable import TransferAgent

@Suite("Commands before and after a pass", .timeLimit(.minutes(10)))
struct HookTests {
    private let programs: AgentPrograms
    private var record: String { programs.directory.file("record.json") }

    init() throws { programs = try AgentPrograms(size: 10_000) }

    private func path(_ name: String) -> String { programs.directory.file(name) }

    private func text(_ name: String) -> String? { try? String(contentsOfFile: path(name), encoding: .utf8) }

    private func hooks() throws -> [[String: Any]] {
        let members = try PassRecordTests.members(of: try String(contentsOfFile: record, encoding: .utf8))
        return try #require(members["hooks"] as? [[String: Any]])
    }

    @Test("they run before the first byte and after the last, outside of the sandbox, and know the pass")
    func both() throws {
        let (server, port) = try programs.target()
        defer { server.stop() }
        let told = "\"$DVM_PASS/$DVM_VOLUME/$migplan_name/$migration_namespaces\""
        let source = try programs.source(
            to: port,
            ["--before", "echo resting, \(told); echo new > \(path("source/new"))"]
                + ["--after", "cat \(path("target/new")) > \(path("seen")); printf unfinished"]
                + ["--pass", "cutover", "--migplan-name", "plan", "--migration-namespaces", "a,b", "--record", record]
        )
        #expect(try source.waitForExit() == 0, "\(source.output)")
        #expect(source.output.contains("--before: resting, cutover/v/plan/a,b\n"))
        #expect(source.output.contains("--after: unfinished\n"))
        #expect(text("seen") == "new\n")
        let hooks = try hooks()
        #expect(hooks.map { $0["hook"] as? String } == ["before", "after"])
        #expect(hooks.map { $0["exitCode"] as? Int } == [0, 0])
        #expect(hooks.last?["lines"] as? [String] == ["unfinished"])
    }

    @Test("one that fails before the pass ends it with its exit code and its last lines; those after it run")
    func failingBefore() throws {
        let source = try programs.source(
            to: "1",
            ["--before", "seq 1 30; echo 'not ready' >&2; exit 24", "--before", "touch \(path("second"))"]
                + ["--after", "touch \(path("after"))", "--record", record]
        )
        #expect(try source.waitForExit() == 24)
        #expect(source.output.contains("DVM-4007: --before \"seq 1 30;"))
        #expect(source.output.contains("ended with exit code 24 (it printed: 27 / 28 / 29 / 30 / not ready)"))
        #expect(source.output.contains("volume v: not begun (exit code 24)"))
        #expect(!source.output.contains("DVM-1002"))
        #expect(text("second") == nil && text("after") != nil)
        #expect(try hooks().map { ($0["lines"] as? [String])?.count } == [20, 0])
    }

    @Test("those after it run when the pass failed; one that fails there is a failure of its own")
    func after() throws {
        let failed = try programs.source(to: "1", ["--after", "touch \(path("after"))"])
        #expect(try failed.waitForExit() == 10)
        #expect(text("after") != nil)
        let (server, port) = try programs.target()
        defer { server.stop() }
        let source = try programs.source(
            to: port,
            ["--after", "exit 7", "--after", "touch \(path("second"))", "--record", record]
        )
        #expect(try source.waitForExit() == 7)
        #expect(programs.isComplete && text("second") != nil)
        #expect(
            source.output.contains("volume v: complete\n") && source.output.contains("DVM-4007: --after \"exit 7\"")
        )
        let members = try PassRecordTests.members(of: try String(contentsOfFile: record, encoding: .utf8))
        #expect(members["code"] as? String == "DVM-4007" && members["exitCode"] as? Int == 7)
        #expect(try PassRecordTests.volume(members)["outcome"] as? String == "complete")
    }

    @Test(
        "SIGTERM ends one before the pass in time, even if it ignores the signal; those after it run",
        arguments: ["sleep 60", "trap '' TERM; while :; do sleep 1; done"]
    )
    func stopped(command: String) throws {
        let source = try programs.source(
            to: "1",
            ["--before", "echo begun; \(command)", "--after", "echo done > \(path("after"))"]
        )
        try source.waitForOutput("--before: begun\n")
        let start = ContinuousClock.now
        kill(source.processIdentifier, SIGTERM)
        #expect(try source.waitForExit() == 20)
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(text("after") == "done\n")
        #expect(!source.output.contains("DVM-1002"))
    }

    @Test("SIGTERM during the transfer: those after it run, longer than the stop takes if they need to")
    func stoppedTransfer() throws {
        let programs = try AgentPrograms()
        let (server, port) = try programs.target()
        defer { server.stop() }
        let mark = programs.directory.file("after")
        let (record, termination) = (programs.directory.file("record.json"), programs.directory.file("end.json"))
        let source = try programs.source(
            to: port,
            ["--bwlimit", "500K", "--after", "echo begun; sleep 6; touch \(mark)", "--record", record]
                + ["--termination-log", termination]
        )
        try source.waitForOutput("% ")
        kill(source.processIdentifier, SIGTERM)
        #expect(try source.waitForExit() == 20)
        #expect(FileManager.default.fileExists(atPath: mark))
        // The pass was reported as it ended, not as one that was overdue.
        let members = try PassRecordTests.members(of: try String(contentsOfFile: record, encoding: .utf8))
        #expect(members["state"] as? String == "ended" && members["code"] as? String == "DVM-4004")
        #expect((members["hooks"] as? [[String: Any]])?.first?["exitCode"] as? Int == 0)
        let end = try String(contentsOfFile: termination, encoding: .utf8)
        #expect(end.contains("\"volume\":\"v\"") && end.contains("stopped on request"))
    }

    @Test("one that takes too long is ended")
    func late() throws {
        let source = try programs.source(to: "1", ["--before", "echo begun; sleep 60", "--hook-limit", "1"])
        #expect(try source.waitForExit() == 124)
        #expect(source.output.contains("was ended after 1."))
    }

    @Test("a command that had to be killed can be run again, and one of the same words after the pass is another")
    func killed() throws {
        let mark = path("second")
        let command =
            "if [ -e \(mark) ]; then echo again; else touch \(mark); trap '' TERM; while :; do sleep 1; done; fi"
        let source = try programs.source(
            to: "1",
            ["--before", command, "--after", command, "--hook-limit", "1", "--record", record]
        )
        #expect(try source.waitForExit(within: 40) == 124)
        #expect(source.output.contains("--after: again\n"))
        #expect(try hooks().map { $0["exitCode"] as? Int } == [124, 0])
    }

    @Test(
        "a signal to the whole process group leaves those after the pass as they are",
        arguments: [(SIGINT, 20), (SIGTERM, 20), (SIGHUP, 0)] as [(Int32, Int32)]
    )
    func groupSignal(signal: Int32, exitCode: Int32) throws {
        let programs = try AgentPrograms()
        let (server, port) = try programs.target()
        defer { server.stop() }
        let mark = programs.directory.file("after")
        let source = try programs.source(
            to: port,
            ["--bwlimit", "1M", "--before", "echo begun", "--after", "echo done > \(mark)"]
        )
        try source.waitForOutput("% ")
        try #require(getpgid(source.processIdentifier) == source.processIdentifier)
        kill(-source.processIdentifier, signal)
        #expect(try source.waitForExit() == exitCode, "\(source.output)")
        #expect(try String(contentsOfFile: mark, encoding: .utf8) == "done\n", "\(source.output)")
    }

    @Test("a second signal hurries those after the pass, and only a third one leaves them alone")
    func impatient() throws {
        let programs = try AgentPrograms()
        let (server, port) = try programs.target()
        defer { server.stop() }
        func stopped(times: Int, _ command: String) throws -> ChildProcess {
            let source = try programs.source(to: port, ["--bwlimit", "500K", "--after", "echo begun; \(command)"])
            try source.waitForOutput("% ")
            kill(source.processIdentifier, SIGTERM)
            try source.waitForOutput("--after: begun\n")
            for _ in 1..<times {
                kill(source.processIdentifier, SIGTERM)
                // The same signal twice at once is one.
                Thread.sleep(forTimeInterval: 0.3)
            }
            return source
        }
        let mark = programs.directory.file("after")
        let hurried = try stopped(times: 2, "sleep 3; touch \(mark)")
        waitForEnd(of: hurried.processIdentifier)
        #expect(FileManager.default.fileExists(atPath: mark))
        #expect(try hurried.waitForExit() == 20)
        let left = try stopped(times: 3, "exec sleep 12")
        let start = ContinuousClock.now
        waitForEnd(of: left.processIdentifier)
        #expect(ContinuousClock.now - start < .seconds(6))
        #expect(try left.waitForExit() == 20)
    }

    /// Waits for the end of a process whose commands go on: they have what ``ChildProcess`` waits for the end of.
    private func waitForEnd(of process: pid_t) {
        let start = ContinuousClock.now
        while let state = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8), !state.contains(") Z ")
        {
            guard ContinuousClock.now - start < .seconds(20) else { break }
            usleep(10_000)
        }
    }

    @Test("as process 1, which collects every child, the exit code is known", .enabled(if: isPrivileged, "needs root"))
    func firstProcess() throws {
        let line = try programs.sourceLine(to: "1", ["--before", "(sleep 0.1 &) ; sleep 0.2; exit 5"])
        let source = try ChildProcess("/usr/bin/unshare", ["--pid", "--fork", "--kill-child"] + line)
        #expect(try source.waitForExit() == 5, "\(source.output)")
    }
}

@Suite("Commands and kinds of passes in jobs")
struct PassJobTests {
    private static let text = """
        target: host:443
        pin: \(String(repeating: "ab", count: 32))
        before: [first, "second, third"]
        PreRestore: restore
        PreBackup: backup
        PostBackup: release
        record: /r/all.json
        stage:
          accept: [attributes]
          after: staged
        cutover:
          delete-limit: 10
        volumes:
        - {name: a, path: /a}
        - {name: b, path: /b, delete-limit: 20}

        """

    private func settings(_ layers: [JobLayer]) throws -> TransferSettings { try Job(layers: layers).settings }

    @Test("what a job says for a kind of pass counts more than what it says for all, and less than what a volume says")
    func kinds() throws {
        let layer = try jobLayer(Self.text)
        let plain = try settings([layer])
        #expect(plain.kind == nil && plain.recordFile == "/r/all.json")
        #expect(plain.hooks.before == ["first", "second, third", "backup", "restore"])
        #expect(plain.hooks.after == ["release"])
        #expect(plain.otherPasses["a"]?.deleteLimit == 50)
        let stage = try settings([JobLayer(environment: ["DVM_PASS": "stage"]), layer])
        #expect(stage.kind == .stage && stage.hooks.after == ["staged"] && stage.recordFile == "/r/all.json")
        #expect(stage.otherPasses["b"]?.accept == [.attributes])
        var flags = JobLayer()
        flags.give("pass", PassKind.cutover)
        let cutover = try settings([JobLayer(environment: ["DVM_PASS": "stage"]), layer, flags])
        #expect(cutover.kind == .cutover && cutover.recordFile == "/r/all.json")
        #expect(cutover.otherPasses["a"]?.deleteLimit == 10 && cutover.otherPasses["b"]?.deleteLimit == 20)
    }

    @Test("a variable is one command, with its commas")
    func variable() throws {
        let layer = JobLayer(environment: ["DVM_BEFORE": "patch '{1,2}'"])
        #expect(try settings([try jobLayer(Self.text), layer]).hooks.before == ["patch '{1,2}'"])
    }

    @Test(
        "what does not belong there is refused",
        arguments: [
            ("stage: yes", "stage is not a mapping of settings"),
            ("stage: {pass: stage}", "pass is a key of the job, not of stage"),
            ("cutover: {record: /r/c.json}", "record is a key of the job, not of cutover"),
            ("cutover: {volumes: []}", "unknown key volumes"), ("pass: now", "now is not one of stage, cutover"),
            ("before: []\nPreBackup: {}", "PreBackup is a mapping"), ("after: ''", "is not a command"),
        ]
    )
    func refused(line: String, reason: String) {
        let error = #expect(throws: AgentError.self) {
            try settings([try jobLayer("target: h:1\ninsecure: true\nvolumes: [{name: a, path: /a}]\n\(line)\n")])
        }
        #expect(error?.observed.contains(reason) == true, "\(String(describing: error))")
    }
}
