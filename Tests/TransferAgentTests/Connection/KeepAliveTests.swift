import AgentTestSupport
import Foundation
import RsyncEngine
import TestSupport
import Testing
import Transport

@testable import TransferAgent

@Suite("Keep-alive", .serialized, .timeLimit(.minutes(10)), .enabled(if: geteuid() == 0, "needs root"))
struct KeepAliveTests {
    /// After how long the relay cuts a quiet connection.
    private static let limit = Duration.milliseconds(800)

    /// Transfers a file that cannot be opened while the relay would have cut a quiet connection three times.
    ///
    /// - Parameters:
    ///   - isSourceSlow: Whether the source hashes it, or the target does.
    ///   - keepAlive: That of both sides.
    /// - Returns: The result, and how many connections the relay cut.
    /// - Throws: What a test did not expect.
    private func transferHeld(
        isSourceSlow: Bool,
        keepAlive: Duration
    ) async throws -> (outcome: VolumeOutcome, cuts: Int) {
        let target = try await offPool { try Target(keepAlive: keepAlive) }
        try write("the same", to: target.source("file"))
        try write("the samE", to: target.target("file"))
        let relay = try IdleCutter(to: target.settings.target, after: Self.limit)
        var settings = target.settings
        settings.target = relay.address
        settings.keepAlive = keepAlive
        settings.pass.checksum = true
        let held = try HeldFile(isSourceSlow ? target.source("file") : target.target("file"))
        let job = settings
        let task = Task { try await transfer(job) }
        try await offPool { try held.waitForCaller() }
        let begin = ContinuousClock.now
        // Three times the limit, or until the relay has cut.
        while relay.cuts == 0, begin.duration(to: .now) < Self.limit * 3 {
            try await Task.sleep(for: .milliseconds(20))
        }
        held.release()
        let outcome = try #require(try await task.value.first)
        withExtendedLifetime((target, relay)) {}
        return (outcome, relay.cuts)
    }

    @Test("a relay that cuts idle connections does not cut a long scan", arguments: [true, false])
    func kept(isSourceSlow: Bool) async throws {
        let (outcome, cuts) = try await transferHeld(isSourceSlow: isSourceSlow, keepAlive: .milliseconds(200))
        #expect(outcome.error == nil)
        #expect(cuts == 0)
        #expect(outcome.statistics.transferredFiles == 1)
    }

    @Test("without keep-alives the same relay cuts the same scan, and that is reported")
    func cut() async throws {
        let (outcome, cuts) = try await transferHeld(isSourceSlow: true, keepAlive: .seconds(60))
        #expect(cuts == 1)
        #expect(outcome.exitCode != 0)
        #expect([.connectionLost, .tunnelBroken].contains(outcome.error?.failure))
    }

    @Test(
        "TCP is told the interval in whole seconds",
        arguments: [(.milliseconds(200), 1), (.seconds(20), 20)] as [(Duration, Int32)]
    )
    func sockets(interval: Duration, seconds: Int32) throws {
        let options = try KeepAlive(interval).socketOptions
        #expect(options.keepAliveIdle == seconds)
        #expect(options.keepAliveInterval == min(seconds, 10))
    }

    @Test(
        "a zero interval, and one of more than an hour, is refused",
        arguments: [Duration.zero, .seconds(3601)]
    )
    func refused(interval: Duration) {
        #expect(throws: AgentError.self) { try KeepAlive(interval) }
    }
}
