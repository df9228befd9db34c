import Synchronization
import TransferAgent

/// An output that a test reads.
final class Memory: TextOutput {
    private let collected = Mutex("")
    private let moment = Mutex(ContinuousClock.now)

    func write(_ text: String) {
        collected.withLock { $0 += text }
        moment.withLock { $0 = .now }
    }

    /// When something was written last.
    var lastWrite: ContinuousClock.Instant { moment.withLock { $0 } }

    /// Everything so far.
    var text: String { collected.withLock { $0 } }

    /// The lines so far, without their ends.
    var lines: [String] { text.split(separator: "\n").map(String.init) }
}

/// A clock that a test sets.
final class ManualClock: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    /// The time that was set.
    var now: ContinuousClock.Instant { instant.withLock { $0 } }

    /// Lets time pass.
    func advance(_ duration: Duration) { instant.withLock { $0 += duration } }
}
