import AgentTestSupport
import TestSupport
import Testing
import TransferAgent

@testable import ConnectionDoctor

/// Runs a doctor without a word to anybody but the test.
func examine(_ settings: TransferSettings, _ trials: Doctor.Trials) async throws -> (
    failure: AgentError?, lines: [String]
) {
    let output = Memory()
    let failure = try await Doctor(settings, trials: trials, display: DoctorDisplay(isJSON: true, output: output)).run()
    return (failure, output.lines)
}

extension Doctor.Trials {
    /// What costs no time.
    static var none: Doctor.Trials {
        var trials = Doctor.Trials()
        trials.throughput = .zero
        return trials
    }
}

@Suite("Broken connections", .serialized, .timeLimit(.minutes(10)))
struct BrokenConnectionTests {
    private static let peersAreThere = ProxyProcess.Program.squid.isInstalled && StockTarget.isInstalled

    /// The failures that may pass without anyone changing anything.
    private static let passing: Set<FailureClass> = [
        .unknownHost, .connectionRefused, .unreachable, .connectTimeout, .connectionLost, .proxyUnknownHost,
        .proxyUnreachable, .proxySilent, .proxyCannotReach, .proxyTargetTimeout, .handshakeEnded, .handshakeSilent,
        .tunnelBroken, .routedElsewhere, .daemonSilent, .targetBusy,
    ]

    @Test("there are at least thirty, each with its own code")
    func table() {
        #expect(BrokenConnection.all.count >= 30)
        #expect(Set(BrokenConnection.all.map(\.failure)).count == BrokenConnection.all.count)
    }

    @Test(
        "each gives its code, to the doctor at the right check and to a transfer, which tries again what may pass",
        .enabled(if: peersAreThere, "squid, stunnel or rsync is not installed"),
        arguments: BrokenConnection.all
    )
    func connection(_ connection: BrokenConnection) async throws {
        let (settings, keep) = try await offPool {
            let parts = try ConnectionParts()
            let keep = try connection.build(parts)
            return (parts.settings, keep + [parts.target])
        }
        defer { withExtendedLifetime(keep) {} }
        var trials = Doctor.Trials.none
        if connection.check == .idle { trials.idle = .seconds(30) }
        let (failure, lines) = try await examine(settings, trials)
        #expect(failure?.failure == connection.failure, "\(failure?.description ?? "no failure")")
        let broken = lines.filter { $0.contains("\"outcome\":\"failed\"") }
        #expect(broken.count == 1 && broken[0].contains("\"check\":\"\(connection.check)\""), "\(lines)")
        #expect(lines.last?.contains("\"code\":\"\(connection.failure.code)\"") == true)
        guard !connection.isForDoctor else { return }
        var patient = settings
        patient.pass.attempts = 2
        let outcome = try #require(try await transfer(patient).first)
        #expect(outcome.error?.failure == connection.failure, "\(outcome.error?.description ?? "no failure")")
        #expect(outcome.attempts == (Self.passing.contains(connection.failure) ? 2 : 1))
        #expect(outcome.exitCode == failure?.exitCode)
    }
}
