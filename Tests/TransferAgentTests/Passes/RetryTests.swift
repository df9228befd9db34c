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
        @discardableResult
        func add(_ count: Int = 1) -> Int { number.add(count, ordering: .relaxed).newValue }
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
        // Another volume, so that nothing but the number of sessions is in its way.
        let other = try TemporaryDirectory()
        let full = try Target(others: ["other=" + other.path], sessionLimit: 1)
        let session = try #require(try await holder(of: full))
        var refused = full.settings
        refused.volumes = ["other=" + directory.path]
        refused.pass.attempts = 2
        try await expect(.targetBusy, tries: 2, refused)
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

    @Test("an attempt that moved content begins the time anew")
    func progress() async throws {
        let target = try Target()
        try writeNoise(2_500_000, to: target.source("big"))
        let place = try HostPort(parsing: target.settings.target)
        let cuts = Calls()
        // Cuts each connection after so many bytes of the source.
        let cutter = try ScriptedServer { client in
            let far = try dial(place, within: .seconds(10))
            defer { far.close() }
            let sent = Calls()
            try relay(client, far) { count, isFromClient in
                guard isFromClient, sent.add(count) > 600_000 else { return }
                cuts.add()
                client.close()
                far.close()
            }
        }
        var settings = target.settings
        settings.target = cutter.address
        settings.pass.bandwidthLimit = "500K"
        // An attempt takes longer.
        settings.pass.retryFor = .milliseconds(1100)
        settings.pass.attempts = 4
        let (outcomes, lines) = try await run(settings)
        let outcome = try #require(outcomes.first)
        #expect(cuts.count >= 3 && outcome.attempts == 4, "\(outcome.attempts): \(lines)")
    }

    @Test("rounds are counted once for all volumes")
    func rounds() throws {
        let patience = TargetPatience()
        let start = ContinuousClock.now
        func pause(afterAttemptAt begin: ContinuousClock.Instant, now: ContinuousClock.Instant)
            -> (end: ContinuousClock.Instant, failed: Int)?
        { patience.pause(afterAttemptAt: begin, limit: 3, budget: .seconds(60), now: now) }
        let first = try #require(pause(afterAttemptAt: start, now: start))
        let joined = try #require(pause(afterAttemptAt: start, now: start + .milliseconds(100)))
        #expect(first.failed == 1 && joined.failed == 1 && joined.end == first.end)
        let second = try #require(pause(afterAttemptAt: first.end, now: first.end))
        #expect(second.failed == 2 && second.end > first.end)
        #expect(pause(afterAttemptAt: second.end, now: second.end) == nil)
        // What one volume has waited, the next one does not wait again.
        let other = TargetPatience()
        let limit = (limit: 1000, budget: Duration.seconds(10))
        #expect(other.pause(afterAttemptAt: start, limit: limit.limit, budget: limit.budget, now: start) != nil)
        let late = start + .seconds(11)
        #expect(other.pause(afterAttemptAt: late, limit: limit.limit, budget: limit.budget, now: late) == nil)
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
