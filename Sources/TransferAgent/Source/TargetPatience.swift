import Synchronization

/// How the volumes of a run wait together for a target that none of them has reached yet.
///
/// Each would wait as long as the others, one after the other or at the same time: they share one row of pauses.
///
/// ## Concurrency model
/// `state` is guarded by its lock; the threads of all volumes use it.
final class TargetPatience: Sendable {
    private struct State {
        var hasReached = false
        /// How many rounds of attempts have failed.
        var failed = 0
        /// When the first of them did.
        var first: ContinuousClock.Instant?
        /// When the pause after the last of them ends.
        var end: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// Notes that a volume has reached the target: from now on each waits for itself.
    func reach() { state.withLock { $0.hasReached = true } }

    /// Whether no volume has reached the target.
    var isWaiting: Bool { state.withLock { !$0.hasReached } }

    /// Notes that an attempt has failed to reach the target.
    ///
    /// - Parameters:
    ///   - start: When the attempt began; those that began before the last pause ended are of one round.
    ///   - limit: The most rounds.
    ///   - budget: How long after the first failure a pause may end.
    ///   - now: The time.
    /// - Returns: When the pause ends, and how many rounds have failed; nil when there are to be no more.
    func pause(
        afterAttemptAt start: ContinuousClock.Instant,
        limit: Int,
        budget: Duration,
        now: ContinuousClock.Instant = .now
    ) -> (end: ContinuousClock.Instant, failed: Int)? {
        state.withLock { state in
            let first = state.first ?? now
            state.first = first
            if state.end.map({ start >= $0 }) ?? true {
                state.failed += 1
                state.end = now + RetryPause.after(attempt: state.failed)
            }
            guard state.failed < limit, let end = state.end, end <= first + budget else { return nil }
            return (end, state.failed)
        }
    }
}
