import AgentTestSupport
import Foundation
import LinuxSystem
import RsyncEngine
import SecureTunnel
import Synchronization
import TestSupport
import Testing
import Transport

@testable import TransferAgent

/// Each class of failure provoked once, with attempts left: what passes is tried again, everything else once.
@Suite("Attempts by class of failure", .serialized, .timeLimit(.minutes(10)))
struct RetryTests {
    /// Counts the connections of a server.
    private final class Calls: Sendable {
        private let number = Atomic(0)
        var count: Int { number.load(ordering: .relaxed) }
        func add() { number.add(1, ordering: .relaxed) }
    }

    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try write("content", to: directory.file("file"))
    }

    private func settings(_ target: String) -> TransferSettings {
        var settings = TransferSettings(volumes: ["data=" + directory.path], target: target, trust: .insecure)
        settings.environmentPassword = SecretBytes("secret")
        settings.pass.attempts = 2
        return settings
    }

    /// The outcome of a transfer, and the lines about attempts.
    private func run(_ settings: TransferSettings) async throws -> (outcomes: [VolumeOutcome], lines: [String]) {
        let log = Memory()
        let display = ProgressDisplay(style: .none, output: Memory(), log: .agent("dvm-source", output: log))
        let outcomes = await TransferRun(try SourceJob(settings), display: display).run()
        return (outcomes, log.lines.filter { $0.contains("; next in ") })
    }

    private func expect(_ failure: FailureClass, tries: Int, _ settings: TransferSettings) async throws {
        let (outcomes, lines) = try await run(settings)
        let outcome = try #require(outcomes.first)
        #expect(outcome.error?.failure == failure, "\(String(describing: outcome.error))")
        #expect(outcome.attempts == tries && lines.count == tries - 1, "\(failure): \(lines)")
    }

    @Test("nothing listens, the name is not there, nobody answers, the connection is reset")
    func network() async throws {
        try await expect(.connectionRefused, tries: 2, settings("127.0.0.1:\(freePort())"))
        try await expect(.unknownHost, tries: 2, settings("not-there.invalid:443"))
        let calls = Calls()
        let server = try ScriptedServer { stream in
            // What has not been read would make the kernel reset the connection.
            _ = try stream.read(upTo: 16_384)
            calls.add()
        }
        try await expect(.handshakeEnded, tries: 2, settings(server.address))
        #expect(calls.count == 2)
        let silent = Calls()
        let mute = try ScriptedServer { stream in
            silent.add()
            while try !stream.read(upTo: 4096).isEmpty {}
        }
        var patient = settings(mute.address)
        patient.stepLimit = .seconds(1)
        try await expect(.handshakeSilent, tries: 2, patient)
        #expect(silent.count == 2)
    }

    @Test("the daemon behind the tunnel is not there; a router answers in place of the target")
    func router() async throws {
        let authority = try CertificateAuthority()
        let leaf = try authority.issue("router", alternativeNames: "DNS:other")
        let calls = Calls()
        let tunnel = try ScriptedServer(tls: leaf) { _ in calls.add() }
        try await expect(.daemonSilent, tries: 2, settings(tunnel.address))
        #expect(calls.count >= 2)
        let fake = try authority.issue("Kubernetes Ingress Controller Fake Certificate")
        let router = try ScriptedServer(tls: fake) { stream in
            try stream.write("HTTP/1.1 400 Bad Request\r\n\r\n")
        }
        var verified = settings(router.address)
        verified.trust = .authorities(leaf.certificate)
        try await expect(.routedElsewhere, tries: 2, verified)
    }

    @Test("the target is busy, or someone else writes to the volume")
    func busy() async throws {
        let target = try Target()
        try write("content", to: target.source("file"))
        let lock = try #require(try await holder(of: target))
        var waiting = target.settings
        waiting.pass.attempts = 2
        waiting.job = "other"
        try await expect(.volumeInUse, tries: 2, waiting)
        lock.cancel()
        _ = try? await lock.value
        let full = try Target(sessionLimit: 1)
        try write("content", to: full.source("file"))
        let session = try #require(try await holder(of: full))
        var refused = full.settings
        refused.pass.attempts = 2
        let (outcomes, _) = try await run(refused)
        #expect([.targetBusy, .volumeInUse].contains(try #require(outcomes.first?.error?.failure)))
        #expect(outcomes.first?.attempts == 2)
        session.cancel()
        _ = try? await session.value
    }

    /// A transfer that goes on until it is cancelled.
    private func holder(of target: Target) async throws -> Task<[VolumeOutcome], any Error>? {
        try Data(knownBytes(4_000_000, seed: 9)).write(to: URL(fileURLWithPath: target.source("big")))
        var slow = target.settings
        slow.pass.bandwidthLimit = "100K"
        slow.job = "holder"
        let settings = slow
        let (lines, source) = AsyncStream<Void>.makeStream()
        let output = Reporter { source.yield() }
        let display = ProgressDisplay(style: .lines, output: output, log: .agent("dvm-source", output: Memory()))
        let task = Task { await TransferRun(try SourceJob(settings), display: display).run() }
        for await _ in lines.prefix(1) { return task }
        return nil
    }

    /// Reports when content moves.
    private struct Reporter: TextOutput {
        let act: @Sendable () -> Void
        func write(_ text: String) { if text.contains("% ") { act() } }
    }

    @Test("a wrong password, CA, name and volume, and a full disk, are tried once")
    func lasting() async throws {
        let target = try Target()
        try write("content", to: target.source("file"))
        func settings(_ change: (inout TransferSettings) -> Void) -> TransferSettings {
            var settings = target.settings
            settings.pass.attempts = 5
            change(&settings)
            return settings
        }
        try await expect(.loginRefused, tries: 1, settings { $0.environmentPassword = SecretBytes("wrong") })
        let other = try CertificateAuthority()
        try await expect(.unknownAuthority, tries: 1, settings { $0.trust = .authorities(other.files.certificate) })
        try await expect(.wrongName, tries: 1, settings { $0.serverName = "wrong.example" })
        try await expect(
            .unknownVolume,
            tries: 1,
            settings { $0.volumes = ["nodata=" + target.directory.file("source")] }
        )
        try await expect(.sourceUnreadable, tries: 1, settings { $0.volumes = ["data=/nonexistent"] })
    }

    @Test(
        "a full disk and a volume that may not be written to are tried once",
        .enabled(if: isPrivileged, "only root mounts")
    )
    func disks() async throws {
        let disk = try MountedVolume(.ext4([]), mebibytes: 16)
        let target = try Target(volume: disk.path)
        try writeNoise(24 * mebibyte, to: target.source("big"))
        var settings = target.settings
        settings.pass.attempts = 5
        settings.pass.check = .none
        try await expect(.outOfSpace, tries: 1, settings)
    }

    @Test("a target that stopped is tried again only if its code says that this may pass")
    func stopped() {
        for code in [10, 12, 14, 19, 20, 30, 35] as [Int32] {
            #expect(AgentError(.stoppedByPeer, "t", exitCode: code).isRetryable, "\(code)")
        }
        for code in [1, 2, 4, 5, 11, 13, 21, 22, 23, 25] as [Int32] {
            #expect(!AgentError(.stoppedByPeer, "t", exitCode: code).isRetryable, "\(code)")
        }
    }

    @Test("volumes that cannot reach the target wait for it together", arguments: [1, 3])
    func together(parallel: Int) async throws {
        let calls = Calls()
        let server = try ScriptedServer { stream in
            // What has not been read would make the kernel reset the connection.
            _ = try stream.read(upTo: 16_384)
            calls.add()
        }
        var settings = settings(server.address)
        settings.volumes = (1...3).map { "v\($0)=" + directory.path }
        settings.parallel = parallel
        settings.pass.attempts = 3
        let start = ContinuousClock.now
        let (outcomes, _) = try await run(settings)
        // Two pauses of at most one and two seconds, not two for each volume.
        #expect(ContinuousClock.now - start < .seconds(6))
        #expect(outcomes.map(\.error?.failure) == [.handshakeEnded, .handshakeEnded, .handshakeEnded])
        #expect(outcomes.map(\.attempts) == (parallel == 1 ? [3, 1, 1] : [3, 3, 3]))
        #expect(calls.count == outcomes.reduce(0) { $0 + $1.attempts })
    }

    @Test("a volume is tried no longer than its time")
    func budget() async throws {
        var settings = settings("127.0.0.1:\(freePort())")
        settings.pass.attempts = 1000
        settings.pass.retryFor = .seconds(2)
        let start = ContinuousClock.now
        let (outcomes, _) = try await run(settings)
        #expect(ContinuousClock.now - start < .seconds(4))
        #expect((2...4).contains(try #require(outcomes.first?.attempts)))
    }

    @Test("rounds are counted once for all volumes")
    func rounds() throws {
        let patience = TargetPatience()
        let start = ContinuousClock.now
        let first = try #require(patience.pause(afterAttemptAt: start, limit: 3, now: start))
        let joined = try #require(patience.pause(afterAttemptAt: start, limit: 3, now: start + .milliseconds(100)))
        #expect(first.failed == 1 && joined.failed == 1 && joined.end == first.end)
        let second = try #require(patience.pause(afterAttemptAt: first.end, limit: 3, now: first.end))
        #expect(second.failed == 2 && second.end > first.end)
        #expect(patience.pause(afterAttemptAt: second.end, limit: 3, now: second.end) == nil)
        #expect(patience.isWaiting)
        patience.reach()
        #expect(!patience.isWaiting)
    }

    @Test("the connections of an attempt that failed are closed")
    func closed() throws {
        let call = try CancellableCall()
        let (near, far) = try socketPair()
        call.adopt(near)
        call.endConnections()
        #expect(try far.read(upTo: 1).isEmpty)
    }

    /// Two ends of a TCP connection.
    private func socketPair() throws -> (SocketStream, SocketStream) {
        let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
        let near = try dial(HostPort(host: "127.0.0.1", port: listener.address.port), within: .seconds(5))
        return (near, try listener.accept())
    }
}
