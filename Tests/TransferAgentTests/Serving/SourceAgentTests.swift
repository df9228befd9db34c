import AgentTestSupport
import Foundation
import LinuxSystem
import TestSupport
import Testing

/// A dvm-source that serves, with a target, and commands that ask it.
private struct ServingSource {
    let programs: AgentPrograms
    let target: ChildProcess
    let source: ChildProcess
    let socket: String

    /// Starts both, the source with further options; its file has `size` bytes.
    init(size: Int = 8_000_000, _ options: [String] = []) throws {
        programs = try AgentPrograms(size: size)
        let (target, port) = try programs.target()
        self.target = target
        socket = programs.directory.file("socket")
        source = try AgentPrograms.start(try programs.sourceLine("serve", to: port, ["--control", socket] + options))
        try source.waitForOutput("waiting for commands at")
    }

    /// Runs a command to its end.
    func ask(_ words: String...) throws -> (status: Int32, output: String) {
        let child = try command(words)
        child.closeInput()
        return (try child.waitForExit(within: 60), child.output)
    }

    /// Starts a command.
    func command(_ words: [String]) throws -> ChildProcess {
        try ChildProcess(try BuiltProgram.path("dvm-source"), words + ["--control", socket])
    }

    /// The members of the status.
    func status() throws -> [String: Any] {
        let (code, output) = try ask("status", "--json")
        #expect(code == 0)
        #expect(try SchemaCheck("source-status").faults(of: output) == [])
        return try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    }

    func stop() {
        source.stop()
        target.stop()
    }
}

@Suite("Source that serves", .timeLimit(.minutes(10)))
struct SourceAgentTests {
    @Test("a command chooses the kind of a pass: its settings and hooks count, and the record says which it was")
    func kinds() throws {
        let directory = try TemporaryDirectory()
        let (job, record) = (directory.file("job.yaml"), directory.file("record.json"))
        func recorded(_ kind: String) throws -> Bool {
            let members = try PassRecordTests.members(of: try String(contentsOfFile: record, encoding: .utf8))
            return members["pass"] as? String == kind && members["state"] as? String == "ended"
        }
        try write(
            """
            pass: stage
            record: \(record)
            stage: {before: "echo $DVM_PASS >> \(directory.file("log"))"}
            cutover: {before: "echo last $DVM_PASS >> \(directory.file("log"))", after: exit 6}

            """,
            to: job
        )
        let agent = try ServingSource(size: 1000, ["--job", job])
        defer { agent.stop() }
        #expect(try agent.ask("start", "--wait", "--progress", "none").status == 0)
        #expect(try agent.status()["kind"] as? String == "stage" && recorded("stage"))
        let last = try agent.ask("start", "--wait", "--progress", "lines", "--pass", "cutover")
        #expect(last.status == 6 && last.output.contains("pass 2 (cutover) ended"))
        #expect(try agent.status()["kind"] as? String == "cutover" && recorded("cutover"))
        #expect(try agent.ask("start", "--wait", "--progress", "none").status == 0)
        #expect(try String(contentsOfFile: directory.file("log"), encoding: .utf8) == "stage\nlast cutover\nstage\n")
    }

    @Test("runs pass after pass, tells the last result, refuses a second start, and ends with 0 at SIGTERM")
    func passes() throws {
        let agent = try ServingSource()
        defer { agent.stop() }
        var status = try agent.status()
        #expect(status["state"] as? String == "idle" && status["pass"] as? Int == 0 && status["last"] is NSNull)
        #expect(try agent.ask("status").output.contains(": idle\nuser \(geteuid()), group \(getegid())"))
        #expect(try agent.ask("attach").status == 4)
        #expect(try agent.ask("limit", "500").status == 0)
        #expect(try agent.ask("start").output.contains("running pass 1, limited to 500.00KiB/s"))
        let second = try agent.ask("start")
        #expect(second.status == 4 && second.output.contains("DVM-6001: pass 1 has not ended"))
        let attached = try agent.command(["attach", "--progress", "lines"])
        defer { attached.stop() }
        try attached.waitForOutput("% ")
        #expect(try agent.ask("limit", "0").status == 0)
        #expect(try attached.waitForExit() == 0)
        #expect(attached.output.contains("pass 1 ended: complete (exit code 0)"))
        #expect(agent.programs.isComplete)
        status = try agent.status()
        #expect(status["state"] as? String == "idle")
        let last = try #require(status["last"] as? [String: Any])
        #expect(last["pass"] as? Int == 1 && last["outcome"] as? String == "complete")
        try write("more", to: agent.programs.directory.file("source/more"))
        let waited = try agent.ask("start", "--wait", "--progress", "lines")
        #expect(waited.status == 0 && waited.output.contains("transferred 1, created 1"))
        #expect(waited.output.contains("volume v: complete\n") && waited.output.contains("pass 2 ended: complete"))
        #expect(try agent.ask("status").output.contains("volume v: complete (exit code 0)\npass 2 ended: complete"))
        kill(agent.source.processIdentifier, SIGTERM)
        #expect(try agent.source.waitForExit() == 0)
    }

    @Test("a pass goes on when the command that shows it is killed, stopped, or loses its output")
    func lostCommands() throws {
        let agent = try ServingSource(["--bwlimit", "500K"])
        defer { agent.stop() }
        for (number, signal) in [SIGKILL, SIGINT, SIGTERM].enumerated() {
            let command = try agent.command(number == 0 ? ["start", "--wait"] : ["attach"])
            try command.waitForOutput("% ")
            kill(command.processIdentifier, signal)
            let status = try command.waitForExit()
            #expect(status == (signal == SIGKILL ? -signal : 20))
        }
        let reader = "\"$@\" | head -n 1; exit ${PIPESTATUS[0]}"
        let line = ["-c", reader, "--", try BuiltProgram.path("dvm-source"), "attach", "--control", agent.socket]
        let piped = try ChildProcess("/bin/bash", line)
        defer { piped.stop() }
        try piped.waitForOutput("v: ")
        #expect(try agent.status()["state"] as? String == "running")
        #expect(try agent.ask("limit", "0").status == 0)
        #expect(try piped.waitForExit() == 0)
        #expect(agent.programs.isComplete)
    }

    @Test("stop waits for the end of the pass, whose followers get its exit code; the next start completes")
    func stop() throws {
        let agent = try ServingSource(["--bwlimit", "500K"])
        defer { agent.stop() }
        #expect(try agent.ask("stop").output == "no pass was running\n")
        let follower = try agent.command(["start", "--wait"])
        defer { follower.stop() }
        try follower.waitForOutput("% ")
        let stopped = try agent.ask("stop")
        #expect(stopped.status == 0 && stopped.output.contains("pass 1 ended: incomplete (exit code 20)"))
        #expect(try follower.waitForExit() == 20)
        #expect(follower.output.contains("DVM-4004: stopped on request"))
        try agent.target.waitForOutput("exit code 20: DVM-4002: the source stopped")
        #expect(try agent.status()["state"] as? String == "idle")
        #expect(!agent.programs.isComplete)
        #expect(try agent.ask("limit", "0").status == 0)
        #expect(try agent.ask("start", "--wait").status == 0)
        #expect(agent.programs.isComplete)
    }

    @Test("a paused pass sends nothing, and goes on; a stop ends it too")
    func pause() throws {
        let agent = try ServingSource(["--bwlimit", "1M"])
        defer { agent.stop() }
        #expect(try agent.ask("pause").status == 4)
        let follower = try agent.command(["start", "--wait", "--progress", "lines"])
        defer { follower.stop() }
        try follower.waitForOutput("% ")
        #expect(try agent.ask("pause").output.contains("running pass 1, paused"))
        try follower.waitForOutput("paused")
        let moved = { try (agent.status()["volumes"] as? [[String: Any]])?.first?["bytesMoved"] as? Int }
        let before = try moved()
        _ = BoundedQueue<Never>(capacity: 1, name: "a pause").pop(within: .milliseconds(1500))
        #expect(try moved() == before && before ?? 0 < 8_000_000)
        #expect(try agent.ask("resume").status == 0)
        #expect(try agent.ask("pause").status == 0)
        #expect(try agent.ask("stop").status == 0)
        #expect(try follower.waitForExit() == 20)
        #expect(try agent.ask("limit", "0").status == 0)
        #expect(try agent.ask("start", "--wait").status == 0)
        #expect(agent.programs.isComplete)
    }

    @Test("SIGTERM during a pass tells those who follow, and ends with 20")
    func terminated() throws {
        let agent = try ServingSource(["--bwlimit", "500K", "--termination-log", "/dev/null"])
        defer { agent.stop() }
        let follower = try agent.command(["start", "--wait"])
        defer { follower.stop() }
        try follower.waitForOutput("% ")
        kill(agent.source.processIdentifier, SIGTERM)
        #expect(try agent.source.waitForExit() == 20)
        #expect(try follower.waitForExit() == 20)
        #expect(follower.output.contains("pass 1 ended: incomplete (exit code 20)"))
    }

    @Test("a follower of an agent that is killed ends with 12")
    func killed() throws {
        let agent = try ServingSource(["--bwlimit", "500K"])
        defer { agent.stop() }
        let follower = try agent.command(["start", "--wait"])
        defer { follower.stop() }
        try follower.waitForOutput("% ")
        agent.source.stop()
        #expect(try follower.waitForExit() == 12)
        #expect(follower.output.contains("DVM-6004"))
    }

    @Test("transfer answers the same commands, but for start")
    func oneShot() throws {
        let programs = try AgentPrograms()
        let (target, port) = try programs.target()
        defer { target.stop() }
        let socket = programs.directory.file("socket")
        let source = try programs.source(to: port, ["--bwlimit", "500K", "--control", socket])
        defer { source.stop() }
        try source.waitForOutput("% ")
        func ask(_ words: [String]) throws -> (status: Int32, output: String) {
            let child = try ChildProcess(try BuiltProgram.path("dvm-source"), words + ["--control", socket])
            return (try child.waitForExit(), child.output)
        }
        let started = try ask(["start"])
        #expect(started.status == 4 && started.output.contains("DVM-6001"))
        #expect(try ask(["pause"]).output.contains("paused"))
        #expect(try ask(["resume"]).status == 0)
        #expect(try ask(["limit", "600K"]).output.contains("limited to 600.00KiB/s"))
        #expect(try ask(["limit", "job"]).status == 0)
        #expect(try ask(["limit", "fast"]).status == 1)
        let follower = try ChildProcess(try BuiltProgram.path("dvm-source"), ["attach", "--control", socket])
        try follower.waitForOutput("% ")
        #expect(try ask(["stop"]).output.contains("(exit code 20)"))
        #expect(try source.waitForExit() == 20)
        #expect(try follower.waitForExit() == 20)
        #expect(try ask(["status"]).status == 10)
    }

    @Test("a job that cannot be used is refused before the agent waits, and a file that is gone at the start")
    func badJob() throws {
        let agent = try ServingSource()
        defer { agent.stop() }
        #expect(unlink(agent.programs.directory.file("password")) == 0)
        let refused = try agent.ask("start")
        #expect(refused.status == 1 && refused.output.contains("DVM-5002"))
        #expect(try agent.status()["state"] as? String == "idle")
        try write("secret\n", to: agent.programs.directory.file("password"))
        #expect(try agent.ask("start", "--wait").status == 0)
        let line = try agent.programs.sourceLine("serve", to: "1", ["--control", agent.socket, "--bwlimit", "x"])
        #expect(try AgentPrograms.start(line).waitForExit() == 1)
    }
}
