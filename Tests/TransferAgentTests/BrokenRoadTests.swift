import TestSupport
import Testing

@testable import TransferAgent

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

@Suite("Broken roads", .serialized, .timeLimit(.minutes(10)))
struct BrokenRoadTests {
    private static let peersAreThere = ProxyProcess.Program.squid.isInstalled && StockTarget.isInstalled

    @Test("there are thirty of them at least, each with a code of its own")
    func table() {
        #expect(BrokenRoad.all.count >= 30)
        #expect(Set(BrokenRoad.all.map(\.failure)).count == BrokenRoad.all.count)
    }

    @Test(
        "each gives its code, to the doctor on the right rung and to a transfer",
        .enabled(if: peersAreThere, "squid, stunnel or rsync is not installed"),
        arguments: BrokenRoad.all
    )
    func road(_ road: BrokenRoad) async throws {
        let (settings, keep) = try await offPool {
            let parts = try RoadParts()
            let keep = try road.build(parts)
            return (parts.settings, keep + [parts.target])
        }
        defer { withExtendedLifetime(keep) {} }
        var trials = Doctor.Trials.none
        if road.rung == .idle { trials.idle = .seconds(30) }
        let (failure, lines) = try await examine(settings, trials)
        #expect(failure?.failure == road.failure, "\(failure?.description ?? "no failure")")
        let broken = lines.filter { $0.contains("\"outcome\":\"failed\"") }
        #expect(broken.count == 1 && broken[0].contains("\"rung\":\"\(road.rung)\""), "\(lines)")
        #expect(lines.last?.contains("\"code\":\"\(road.failure.code)\"") == true)
        guard !road.isForDoctor else { return }
        let outcome = try #require(try await transfer(settings).first)
        #expect(outcome.error?.failure == road.failure, "\(outcome.error?.description ?? "no failure")")
        #expect(outcome.exitCode == failure?.exitCode)
    }
}
