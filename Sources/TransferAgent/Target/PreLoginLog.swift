import LinuxSystem
import Logging
import Synchronization

/// Log lines about connections that have not logged in: a limited number per period, then only their count.
///
/// Anyone who can reach the port can cause them at any rate.
///
/// ## Concurrency model
/// `state` is touched by the connections' threads.
final class PreLoginLog: Sendable {
    private struct State {
        var began: ContinuousClock.Instant
        var written = 0
        var suppressed = 0
    }

    private let lines: Int
    private let period: Duration
    private let log: Logger
    private let state: Mutex<State>

    /// Writes to a log.
    ///
    /// - Parameters:
    ///   - log: The destination.
    ///   - lines: How many lines a period may have.
    ///   - period: The length of a period.
    init(_ log: Logger, lines: Int = 50, period: Duration = .seconds(10)) {
        self.log = log
        self.lines = lines
        self.period = period
        state = Mutex(State(began: .now))
    }

    /// Logs a line, or counts it.
    func write(_ line: String, _ metadata: Logger.Metadata = [:], now: ContinuousClock.Instant = .now) {
        let (isWritten, missed) = state.withLock { state in
            var missed = 0
            if now - state.began >= period {
                missed = state.suppressed
                state = State(began: now)
            }
            state.written += 1
            guard state.written > lines else { return (true, missed) }
            state.suppressed += 1
            return (false, missed)
        }
        if missed > 0 {
            let text = "suppressed \(counted(missed, "more line")) about connections that did not log in"
            log.warning("\(text)", metadata: ["suppressed": .stringConvertible(missed)])
        }
        if isWritten { log.notice("\(line)", metadata: metadata) }
    }
}
