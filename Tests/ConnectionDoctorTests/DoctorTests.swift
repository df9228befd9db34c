import AgentTestSupport
import Glibc
import SecureTunnel
import TestSupport
import Testing
import TransferAgent

@testable import ConnectionDoctor

@Suite("Doctor", .serialized, .timeLimit(.minutes(10)))
struct DoctorTests {
    /// After how long the relay cuts an idle connection.
    private static let limit = Duration.milliseconds(800)

    @Test("the doctor leaves a connection idle although both sides would send keep-alives, and so detects that relay")
    func idle() async throws {
        let target = try await offPool { try Target(keepAlive: .milliseconds(200)) }
        let relay = try IdleCutter(to: target.settings.target, after: Self.limit)
        var settings = target.settings
        settings.keepAlive = .milliseconds(200)
        var trials = Doctor.Trials.none
        trials.idle = Self.limit * 3
        let (whole, lines) = try await examine(settings, trials)
        #expect(whole == nil)
        #expect(lines.contains { $0.contains("neither side sent a byte") })
        settings.target = relay.address
        let (failure, _) = try await examine(settings, trials)
        #expect(failure?.failure == .idleCut)
        #expect(relay.cuts == 1)
        trials.idle = Self.limit / 4
        #expect(try await examine(settings, trials).failure == nil)
        withExtendedLifetime((target, relay)) {}
    }

    @Test("the volume's space is checked as before a transfer, and where a transfer would be refused, so is this")
    func space() async throws {
        let target = try await offPool { try Target() }
        let file = target.directory.file("source") + "/large"
        try write("x", to: file)
        let (whole, lines) = try await examine(target.settings, .none)
        #expect(whole == nil)
        #expect(lines.contains { $0.contains("\"check\":\"space\"") && $0.contains("needed (") })
        // Sparse here; it counts with its whole length where holes are not kept.
        try #require(truncate(file, 1 << 43) == 0)
        var settings = target.settings
        settings.pass.sparse = false
        let (refused, refusedLines) = try await examine(settings, .none)
        #expect(refused?.failure == .doesNotFit)
        #expect(refusedLines.contains { $0.contains("\"check\":\"space\"") && $0.contains("\"failed\"") })
        settings.pass.check = .none
        #expect(try await examine(settings, .none).failure == nil)
        withExtendedLifetime(target) {}
    }

    @Test("warns before it begins of what a transfer warns of")
    func warnings() throws {
        var settings = TransferSettings(volumes: ["v=/tmp"], target: "localhost:1", trust: .insecure)
        settings.proxy = "http://mover:word@localhost:3128"
        let warnings = try SourceJob(settings).warnings
        #expect(warnings.count == 2)
        #expect(try Doctor(settings, display: DoctorDisplay(isJSON: true, output: Memory())).warnings == warnings)
    }
}

@Suite(
    "Doctor with a stock target",
    .serialized,
    .timeLimit(.minutes(10)),
    .enabled(if: StockTarget.isInstalled, "stunnel or rsync is not installed")
)
struct StockTargetDoctorTests {
    private let authority: CertificateAuthority
    private let stock: StockTarget
    private let directory: TemporaryDirectory

    init() throws {
        authority = try CertificateAuthority()
        stock = try StockTarget(showing: try authority.issue("localhost", alternativeNames: "IP:127.0.0.1"))
        directory = try TemporaryDirectory()
        try write("hello", to: directory.file("file"))
    }

    private func settings(to address: String) -> TransferSettings {
        var settings = TransferSettings(
            volumes: ["data=" + directory.path],
            target: address,
            trust: .authorities(authority.files.certificate)
        )
        settings.environmentPassword = SecretBytes("secret")
        return settings
    }

    private func observed(_ check: ConnectionCheck, in lines: [String]) -> String? {
        lines.first { $0.contains("\"check\":\"\(check)\"") }
    }

    @Test("the doctor needs no second connection for what a transfer needs")
    func doctor() async throws {
        defer { stock.stop() }
        let relay = try OneCallRelay(to: stock.tunnel.port)
        let (failure, lines) = try await examine(settings(to: relay.address), .none)
        #expect(failure == nil)
        #expect(relay.calls == 1)
        #expect(observed(.space, in: lines)?.contains("stock target") == true)
    }

    @Test("the doctor's trials say how they were made")
    func trials() async throws {
        defer { stock.stop() }
        var trials = Doctor.Trials()
        trials.throughput = .milliseconds(200)
        trials.idle = .milliseconds(300)
        let (failure, lines) = try await examine(settings(to: "127.0.0.1:\(stock.tunnel.port)"), trials)
        #expect(failure == nil)
        #expect(observed(.throughput, in: lines)?.contains("until the stock target had received it") == true)
        #expect(observed(.idle, in: lines)?.contains("can be idle for 0.30 s") == true)
    }
}
