import AgentTestSupport
import Foundation
import LinuxSystem
import TestSupport
import Testing

@testable import TransferAgent

@Suite("Shells of commands before and after a pass", .timeLimit(.minutes(10)))
struct HookProcessTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func path(_ name: String) -> String { directory.file(name) }

    private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    private static func limit(_ duration: Duration) -> () -> HookProcess.Limit {
        let moment = ContinuousClock.now + duration
        return { HookProcess.Limit(moment: moment, isLate: true) }
    }

    private func run(_ process: HookProcess, within limit: Duration) -> HookProcess.Ending {
        process.run(in: nil, until: Self.limit(limit)) { _ in }
    }

    /// The shell that waits to run a command that has this text.
    private static func shell(of text: String) throws -> pid_t {
        let deadline = ContinuousClock.now + .seconds(20)
        while .now < deadline {
            for number in try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(pid_t.init) {
                let line = try? String(contentsOfFile: "/proc/\(number)/cmdline", encoding: .utf8)
                if let line, line.contains("dvm-hook"), line.contains(text) { return number }
            }
        }
        throw Unexpected("no shell has \(text)")
    }

    @Test("a command has no signal ignored, and a session of its own")
    func setting() throws {
        let process = try HookProcess("grep SigIgn /proc/self/status; [ $(ps -o sid= -p $$) = $$ ]", environment: [])
        let ending = run(process, within: .seconds(30))
        #expect(ending.exitCode == 0)
        let ignored = try #require(ending.lines.first.flatMap { UInt64($0.suffix(16), radix: 16) })
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] { #expect(ignored & (1 << UInt64(signal - 1)) == 0) }
    }

    @Test("the signals that stop a pod's processes do not end a shell; a command that they end has their exit code")
    func signals() throws {
        let process = try HookProcess("for s in HUP INT TERM; do kill -$s $PPID; done; kill -INT $$", environment: [])
        for _ in 0..<2 { #expect(run(process, within: .seconds(30)) == .init(exitCode: 128 + SIGINT, lines: [])) }
    }

    @Test("a command that had to be killed can be run again")
    func killed() throws {
        let mark = path("mark")
        let process = try HookProcess(
            "[ -e \(mark) ] && exit 3; touch \(mark); trap '' TERM; sleep 60 & wait; sleep 60",
            environment: []
        )
        let first = process.run(
            in: nil,
            until: { HookProcess.Limit(moment: exists("mark") ? .now : .now + .seconds(30), isLate: true) }
        ) { _ in }
        #expect(first.exitCode == 124 && first.manner == .late)
        #expect(run(process, within: .seconds(30)).exitCode == 3)
    }

    @Test("one that nothing ends is given up, and its shell runs no other one until it has ended")
    func unending() throws {
        // The shell that waits for it stops, as it would go on waiting for a command that waits for a device.
        let process = try HookProcess("echo once >> \(path("runs")); kill -STOP $PPID; sleep 60", environment: [])
        let start = ContinuousClock.now
        let first = run(process, within: .seconds(1))
        #expect(first.manner == .running && first.exitCode == 124)
        #expect(ContinuousClock.now - start < .seconds(8))
        #expect(!process.isReady { false })
        let second = run(process, within: .seconds(1))
        #expect(second.manner == .unanswered && second.exitCode == 124)
        kill(try Self.shell(of: path("runs")), SIGCONT)
        // What was asked for meanwhile is not made up for.
        #expect(process.isReady { false })
        #expect(try String(contentsOfFile: path("runs"), encoding: .utf8) == "once\n")
    }

    @Test("a shell that nobody waits for any more runs nothing later")
    func overdue() throws {
        let process = try HookProcess("touch \(path("ran"))", environment: [])
        let shell = try Self.shell(of: path("ran"))
        kill(shell, SIGSTOP)
        #expect(run(process, within: .seconds(1)).manner == .unanswered)
        kill(shell, SIGCONT)
        #expect(process.isReady { false } && !exists("ran"))
        #expect(run(process, within: .seconds(30)).exitCode == 0 && exists("ran"))
    }

    private func job(_ change: (inout TransferSettings) -> Void) throws -> SourceJob {
        var settings = TransferSettings(volumes: ["v=" + directory.path], target: "127.0.0.1:1", trust: .insecure)
        change(&settings)
        return try SourceJob(settings)
    }

    private func display(_ output: any TextOutput = Memory()) -> ProgressDisplay {
        ProgressDisplay(style: .lines, output: output, log: .agent("dvm-source", output: output))
    }

    @Test("nothing is brought to rest when a command that has to run after the pass cannot be run")
    func lost() throws {
        let job = try job {
            $0.hooks.before = ["touch \(path("rested"))"]
            $0.hooks.after = ["touch \(path("after"))"]
        }
        let hooks = HookRunner(job, try HookProcesses(of: job), display: display())
        #expect(kill(try Self.shell(of: path("after")), SIGKILL) == 0)
        let error = hooks.runBefore()
        #expect(error?.failure == .hookFailed, "\(String(describing: error))")
        #expect(error?.observed.hasPrefix("--after \"touch ") == true)
        #expect(!exists("rested"))
    }

    @Test("the same command is told of the job that it is run for")
    func environments() throws {
        let jobs = try ["a", "b", nil].map { name in
            try job {
                $0.hooks.namespaces = name
                $0.hooks.before = ["echo \"/$migration_namespaces/\""]
            }
        }
        let processes = try HookProcesses(of: jobs)
        for (job, expected) in zip(jobs, ["/a/", "/b/", "//"]) {
            let process = processes.process(of: job.hooks.before[0], .before, in: job)
            #expect(run(process, within: .seconds(30)).lines == [expected])
        }
    }

    @Test("a stop that is overdue waits for nothing when no command has to run after the pass")
    func nothingAfter() throws {
        for before in [[], ["true"]] {
            let job = try job { $0.hooks.before = before }
            let pass = try PassRun(job, hooks: try HookProcesses(of: job), display: display())
            let start = ContinuousClock.now
            pass.finishHooks()
            #expect(ContinuousClock.now - start < .seconds(1))
        }
    }

    /// Tells when the command has begun.
    private struct Beginning: TextOutput {
        let seen = BoundedQueue<Void>(capacity: 1, name: "beginning of a command")
        func write(_ text: String) { if text.contains("--after: begun") { seen.push(()) } }
    }

    @Test("the time for the commands after a pass counts from the overdue stop, and each has its share")
    func shares() throws {
        let job = try job { $0.hooks.after = ["echo begun; sleep 60", "touch \(path("second"))"] }
        let output = Beginning()
        let hooks = HookRunner(job, try HookProcesses(of: job), display: display(output))
        let running = try Background { hooks.runAfter() }
        guard case .element = output.seen.pop(within: .seconds(50)) else { throw Unexpected("it did not begin") }
        let start = ContinuousClock.now
        hooks.hurry()
        let error = try running.value(within: 60)
        let elapsed = ContinuousClock.now - start
        #expect(error?.exitCode == 124 && elapsed >= .seconds(7) && elapsed < HookRunner.farewell)
        #expect(exists("second"))
    }
}
