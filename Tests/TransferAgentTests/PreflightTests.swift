import AgentTestSupport
import Foundation
import TestSupport
import Testing

/// What the user that an agent runs as may not do, and what is said of it before anything is sent.
@Suite("Preflight", .timeLimit(.minutes(10)), .enabled(if: geteuid() == 0, "needs root"))
struct PreflightTests {
    private let agents: AgentPrograms
    private let user = ["--run-as", "1234:1234"]
    private let group = ["--supplemental-groups", "5555"]

    init() throws {
        agents = try AgentPrograms(size: 1000)
        #expect(chmod(agents.directory.path, 0o755) == 0)
        try set("source", 1234, 1234, 0o755)
        try set("source/big", 1234, 1234, 0o644)
        try set("target", 1234, 1234, 0o755)
    }

    private func set(_ name: String, _ owner: UInt32, _ group: UInt32, _ mode: mode_t) throws {
        #expect(chown(agents.directory.file(name), owner, group) == 0)
        #expect(chmod(agents.directory.file(name), mode) == 0)
    }

    private func transfer(to port: String, _ options: [String]) throws -> (code: Int32, output: String) {
        let source = try agents.source(to: port, options)
        return (try source.waitForExit(), source.output)
    }

    @Test("a source of a group alone is read in that group, and refused without it by the group's number")
    func source() throws {
        try set("source", 0, 5555, 0o2770)
        try set("source/big", 0, 5555, 0o640)
        let (target, port) = try agents.target()
        defer { target.stop() }
        let closed = try transfer(to: port, user)
        #expect(closed.code == 3)
        #expect(closed.output.contains("DVM-3012"), "\(closed.output)")
        #expect(closed.output.contains("belongs to 0:5555 with mode 02770; add 5555 to supplementalGroups"))
        let line = try agents.sourceLine("doctor", to: port).filter {
            !["--progress", "lines", "--attempts", "1"].contains($0)
        }
        let doctor = try AgentPrograms.start(["/usr/bin/env", "DVM_RUN_AS=1234:1234"] + line + ["--throughput", "0"])
        #expect(try doctor.waitForExit() == 3 && doctor.output.contains("DVM-3012"), "\(doctor.output)")
        #expect(try transfer(to: port, user + group).code == 0)
        #expect(agents.isComplete)
    }

    @Test("a target of a group alone is written in that group, and refused without it by the group's number")
    func target() throws {
        try set("target", 0, 5555, 0o2770)
        let closed = try AgentPrograms.start(try agents.targetLine(user))
        #expect(try closed.waitForExit() == 3)
        #expect(closed.output.contains("DVM-3012"), "\(closed.output)")
        #expect(closed.output.contains("add 5555 to supplementalGroups"))

        let (target, port) = try agents.target(user + group)
        defer { target.stop() }
        let outcome = try transfer(to: port, user + ["--pass", "cutover"])
        #expect(outcome.code == 0, "\(outcome.output)")
        #expect(outcome.output.contains("altered: times and mode of the volume's top directory"))
        #expect(agents.isComplete)

        // It can be opened, but nothing can be made in it.
        try set("target", 0, 6666, 0o2755)
        let unwritable = try transfer(to: port, user)
        #expect(unwritable.code == 3)
        #expect(unwritable.output.contains("DVM-3012: the target, user 1234 in the groups 1234, 5555, may not write"))
    }

    @Test("owners that cannot be kept are a warning in a stage, and an exception that a cutover has to accept")
    func owners() throws {
        try set("source/big", 33, 44, 0o644)
        let (target, port) = try agents.target(user)
        defer { target.stop() }
        let stage = try transfer(to: port, ["--pass", "stage"])
        #expect(stage.code == 0, "\(stage.output)")
        #expect(
            stage.output.contains(
                "cannot set the owners of files (33): give it the capability CHOWN, or run it as user 33"
            )
        )
        #expect(stage.output.contains("cannot set the groups of files (44)"))
        let cutover = try transfer(to: port, ["--pass", "cutover"])
        #expect(cutover.code == 23 && cutover.output.contains("DVM-3026"), "\(cutover.output)")
        #expect(try transfer(to: port, ["--pass", "cutover", "--accept", "attributes"]).code == 0)
        let strict = try transfer(to: port, ["--check", "strict"])
        #expect(strict.code == 4 && strict.output.contains("DVM-3005"))
    }
}
