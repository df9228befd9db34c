import Synchronization
import TransferAgent

/// An output that a test reads.
package final class Memory: TextOutput {
    private let collected = Mutex("")
    private let moment = Mutex(ContinuousClock.now)

    package init() {}

    package func write(_ text: String) {
        collected.withLock { $0 += text }
        moment.withLock { $0 = .now }
    }

    /// When something was written last.
    package var lastWrite: ContinuousClock.Instant { moment.withLock { $0 } }

    /// Everything so far.
    package var text: String { collected.withLock { $0 } }

    /// The lines so far, without their ends.
    package var lines: [String] { text.split(separator: "\n").map(String.init) }
}

/// A clock that a test sets.
package final class ManualClock: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    package init() {}

    /// The time that was set.
    package var now: ContinuousClock.Instant { instant.withLock { $0 } }

    /// Lets time pass.
    package func advance(_ duration: Duration) { instant.withLock { $0 += duration } }
}
