import Synchronization

/// Keeps which rung is under foot, and since when.
///
/// ## Concurrency model
/// `state` is touched by the doctor's thread and by the thread of the session that it runs.
final class RungNotes: Sendable {
    private struct State {
        var rung = Rung.name
        var volume: String?
        var start = ContinuousClock.now
    }

    private let state = Mutex(State())
    private let display: DoctorDisplay

    init(display: DoctorDisplay) { self.display = display }

    /// The rung under foot.
    var rung: Rung { state.withLock { $0.rung } }

    /// Steps on a rung.
    func begin(_ rung: Rung, volume: String? = nil) {
        state.withLock { $0 = State(rung: rung, volume: volume) }
    }

    /// Reports that the rung holds.
    func hold(_ observed: String) { report(.ok, observed) }

    /// Reports a rung that is left out.
    func skip(_ rung: Rung, volume: String? = nil, because reason: String) {
        begin(rung, volume: volume)
        report(.skipped, reason)
    }

    /// Reports that the rung is broken.
    func fail(_ error: AgentError) { report(.failed(error), "\(error.failure.code): \(error.observed)") }

    private func report(_ outcome: RungReport.Outcome, _ observed: String) {
        let (rung, volume, start) = state.withLock { ($0.rung, $0.volume, $0.start) }
        let elapsed = ContinuousClock.now - start
        display.show(
            RungReport(rung: rung, volume: volume, outcome: outcome, observed: observed, elapsed: elapsed)
        )
    }
}
