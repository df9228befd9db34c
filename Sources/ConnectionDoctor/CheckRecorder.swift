import Synchronization
import TransferAgent

/// The current check and its start time; results go to the display.
///
/// ## Concurrency model
/// `state` is touched by the doctor's thread and by the thread of the session that it runs.
final class CheckRecorder: Sendable {
    private struct State {
        var check = ConnectionCheck.name
        var volume: String?
        var start = ContinuousClock.now
    }

    private let state = Mutex(State())
    private let display: DoctorDisplay

    init(display: DoctorDisplay) { self.display = display }

    /// The current check.
    var current: ConnectionCheck { state.withLock { $0.check } }

    /// Starts a check.
    func begin(_ check: ConnectionCheck, volume: String? = nil) {
        state.withLock { $0 = State(check: check, volume: volume) }
    }

    /// Reports that the check passed.
    func pass(_ observed: String) { report(.ok, observed) }

    /// Reports a check that is not run.
    func skip(_ check: ConnectionCheck, volume: String? = nil, because reason: String) {
        begin(check, volume: volume)
        report(.skipped, reason)
    }

    /// Reports that the check failed.
    func fail(_ error: AgentError) { report(.failed(error), "\(error.failure.code): \(error.observed)") }

    private func report(_ outcome: CheckReport.Outcome, _ observed: String) {
        let (check, volume, start) = state.withLock { ($0.check, $0.volume, $0.start) }
        let elapsed = ContinuousClock.now - start
        display.show(
            CheckReport(check: check, volume: volume, outcome: outcome, observed: observed, elapsed: elapsed)
        )
    }
}
