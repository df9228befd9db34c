import AgentTestSupport
import Foundation
import TestSupport
import Testing

@Suite("Stopping the agents", .timeLimit(.minutes(10)))
struct StopTests {
    /// So slow that a signal comes in the middle.
    private static let slow = ["--bwlimit", "500K"]

    @Test("a busy target tells its source that it stops, and both end with 20 within 5 s; the next run completes")
    func busyTarget() throws {
        let programs = try AgentPrograms()
        let (target, port) = try programs.target()
        defer { target.stop() }
        let source = try programs.source(to: port, Self.slow)
        defer { source.stop() }
        try source.waitForOutput("% ")
        let start = ContinuousClock.now
        kill(target.processIdentifier, SIGTERM)
        #expect(try target.waitForExit() == 20)
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(try source.waitForExit() == 20)
        #expect(source.output.contains("DVM-4002: the target stopped"))
        #expect(!source.output.contains("bytes may be missing"))
        #expect(target.output.contains("stopping: 1 session told to end"))
        #expect(target.output.contains("DVM-4004: stopped by a signal during 1 session"))
        #expect(!programs.isComplete)
        let (next, nextPort) = try programs.target()
        defer { next.stop() }
        #expect(try programs.source(to: nextPort).waitForExit() == 0)
        #expect(programs.isComplete)
    }

    @Test("a stopped source tells its target")
    func source() throws {
        let programs = try AgentPrograms()
        let (target, port) = try programs.target()
        defer { target.stop() }
        let source = try programs.source(to: port, Self.slow)
        defer { source.stop() }
        try source.waitForOutput("% ")
        kill(source.processIdentifier, SIGTERM)
        #expect(try source.waitForExit() == 20)
        #expect(source.output.contains("DVM-4004: stopped on request"))
        try target.waitForOutput("exit code 20: DVM-4002: the source stopped")
        kill(target.processIdentifier, SIGTERM)
        // No session is left to interrupt.
        #expect(try target.waitForExit() == 0)
    }

    @Test("a volume that was not begun when the source was stopped is not taken for complete")
    func notBegun() throws {
        let programs = try AgentPrograms()
        let other = programs.directory.file("target/other")
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
        let (target, port) = try programs.target(["--volume", "w=" + other])
        defer { target.stop() }
        let second = ["--volume", "w=" + programs.directory.file("source")]
        let source = try programs.source(to: port, Self.slow + second)
        defer { source.stop() }
        try source.waitForOutput("% ")
        kill(source.processIdentifier, SIGTERM)
        #expect(try source.waitForExit() == 20)
        #expect(source.output.contains("volume w: DVM-4004: stopped before this volume was begun"))
    }

    @Test("SIGHUP, and a reader that goes away, stop neither agent")
    func hangUp() throws {
        let programs = try AgentPrograms(size: 2_000_000)
        let (target, port) = try programs.target()
        defer { target.stop() }
        let reader = "\"$@\" 2>&1 | head -n 1; exit ${PIPESTATUS[0]}"
        let line = ["/bin/bash", "-c", reader, "--"] + (try programs.sourceLine(to: port, Self.slow))
        let piped = try AgentPrograms.start(line)
        defer { piped.stop() }
        try piped.waitForOutput("v: ")
        #expect(try piped.waitForExit() == 0)
        #expect(programs.isComplete)
        try Data(knownBytes(2_000_000, seed: 6)).write(to: URL(fileURLWithPath: programs.directory.file("source/big")))
        let source = try programs.source(to: port, Self.slow)
        defer { source.stop() }
        try source.waitForOutput("% ")
        kill(source.processIdentifier, SIGHUP)
        kill(target.processIdentifier, SIGHUP)
        #expect(try source.waitForExit() == 0)
        #expect(programs.isComplete)
    }

    @Test("as process 1 a target collects what other programs left behind, and ends at SIGTERM")
    func firstProcess() throws {
        let programs = try AgentPrograms()
        // The shell leaves a child to the program that takes its place.
        let line =
            [
                "/usr/bin/unshare", "--pid", "--fork", "--kill-child", "/bin/sh", "-c", "(sleep 0.3 &); exec \"$@\"",
                "--",
            ]
            + (try programs.targetLine(["--no-sandbox"]))
        let container = try AgentPrograms.start(line)
        defer { container.stop() }
        _ = try AgentPrograms.port(of: container)
        let target = try #require(Self.children(of: container.processIdentifier).first)
        let deadline = ContinuousClock.now + .seconds(20)
        while !Self.children(of: target).isEmpty, ContinuousClock.now < deadline { usleep(20_000) }
        #expect(Self.children(of: target).isEmpty)
        kill(target, SIGTERM)
        #expect(try container.waitForExit() == 0)
    }

    /// The children of a process, those included whose exit status nobody has collected.
    private static func children(of process: Int32) -> [Int32] {
        let path = "/proc/\(process)/task/\(process)/children"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
}
