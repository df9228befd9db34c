import AgentTestSupport
import Foundation
import TestSupport
import Testing

@Suite("Local socket of the agents", .timeLimit(.minutes(10)))
struct LocalControlTests {
    /// Runs a command that asks an agent.
    private func ask(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let child = try ChildProcess(try BuiltProgram.path(program), arguments)
        return (try child.waitForExit(), child.output)
    }

    @Test("both agents tell their status while they work, on an abstract socket and on one in a directory")
    func status() throws {
        let programs = try AgentPrograms()
        let (near, far) = (programs.directory.file("socket"), "@dvm-test-\(getpid())-status")
        let (target, port) = try programs.target(["--control", far])
        defer { target.stop() }
        #expect(try ask("dvm-target", ["status", "--control", far, "--ready"]).status == 0)
        let source = try programs.source(
            to: port,
            ["--bwlimit", "500K", "--control", near, "--pass", "stage", "--delete-limit", "7"]
        )
        defer { source.stop() }
        try source.waitForOutput("% ")
        let running = try ask("dvm-source", ["status", "--control", near, "--json"])
        #expect(running.status == 0)
        #expect(try SchemaCheck("source-status").faults(of: running.output) == [])
        #expect(running.output.contains("\"name\":\"v\",") && running.output.contains("\"state\":\"running\""))
        #expect(running.output.contains("\"kind\":\"stage\"") && running.output.contains("\"deleteLimit\":7,"))
        let served = try ask("dvm-target", ["status", "--control", far, "--json"])
        #expect(try SchemaCheck("target-status").faults(of: served.output) == [])
        #expect(served.output.contains("\"state\":\"serving\"") && served.output.contains("\"sessions\":1,"))
        #expect(try ask("dvm-source", ["status", "--control", near]).output.contains("volume v: "))
        // Only the agent's own user and root.
        let stranger = ["--reuid", "65534", try BuiltProgram.path("dvm-target"), "status", "--control", far, "--live"]
        let refused = try ChildProcess("/usr/bin/setpriv", stranger)
        #expect(try refused.waitForExit() == 5)
        #expect(refused.output.contains("only user 0 and root may ask"))
    }

    @Test("a drained target accepts no more sources and ends with 0 after its last session")
    func drain() throws {
        let programs = try AgentPrograms(size: 3_000_000)
        let control = ["--control", programs.directory.file("socket")]
        let (target, port) = try programs.target(control)
        defer { target.stop() }
        let source = try programs.source(to: port, ["--bwlimit", "500K"])
        defer { source.stop() }
        try source.waitForOutput("% ")
        #expect(try ask("dvm-target", ["drain"] + control).status == 0)
        #expect(try ask("dvm-target", ["status", "--ready"] + control).status == 1)
        #expect(try ask("dvm-target", ["status", "--live"] + control).status == 0)
        #expect(try programs.source(to: port).waitForExit() == 10)
        #expect(try source.waitForExit() == 0)
        #expect(try target.waitForExit() == 0)
        #expect(programs.isComplete)
        // The socket stays behind, and the next target replaces it.
        let gone = try ask("dvm-target", ["status", "--live"] + control)
        #expect(gone.status == 10 && gone.output.contains("DVM-6005"))
        let (next, _) = try programs.target(control)
        defer { next.stop() }
        #expect(try ask("dvm-target", ["status", "--live"] + control).status == 0)
        let second = try AgentPrograms.start(try programs.targetLine(control))
        #expect(try second.waitForExit() == 10)
    }

    @Test("a target that is stopped while it drains tells its session")
    func stoppedDrain() throws {
        let programs = try AgentPrograms()
        let control = ["--control", programs.directory.file("socket")]
        let (target, port) = try programs.target(control)
        defer { target.stop() }
        let source = try programs.source(to: port, ["--bwlimit", "500K"])
        defer { source.stop() }
        try source.waitForOutput("% ")
        #expect(try ask("dvm-target", ["drain"] + control).status == 0)
        kill(target.processIdentifier, SIGTERM)
        #expect(try target.waitForExit() == 20)
        #expect(try source.waitForExit() == 20)
        #expect(source.output.contains("DVM-4002"))
    }
}
