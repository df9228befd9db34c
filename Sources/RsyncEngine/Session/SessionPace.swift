import LinuxSystem
import RsyncWire
import Synchronization

/// How fast sessions send, set from outside while they run: a limit in place of their own, and a pause.
///
/// A paused sender reads and sends nothing more but keep-alives. What it has read before, at most 4 MiB, is still sent. A
/// receiving side of a protocol before 30 cannot be sent keep-alives, and may give up.
///
/// ## Concurrency model
/// Any thread sets it; the threads that send read it. `gate` is replaced under its lock and closed by ``resume()``.
package final class SessionPace: Sendable {
    /// How often a paused session checks whether it was told to end.
    private static let look = Duration.milliseconds(100)
    private static let ownLimit: Int64 = -1

    private let override = Atomic<Int64>(ownLimit)
    /// Nothing is ever in it; nil while not paused.
    private let gate = Mutex<BoundedQueue<Never>?>(nil)
    private let hasGate = Atomic<Bool>(false)

    package init() {}

    /// The limit in KiB/s that counts in place of each session's own; 0 for none, nil for the sessions' own.
    package var limit: Int64? {
        get {
            let value = override.load(ordering: .relaxed)
            return value == Self.ownLimit ? nil : value
        }
        set { override.store(newValue.map { max(0, $0) } ?? Self.ownLimit, ordering: .relaxed) }
    }

    /// Whether sessions are paused; takes no lock.
    package var isPaused: Bool { hasGate.load(ordering: .relaxed) }

    /// Stops sending until ``resume()``.
    package func pause() {
        gate.withLock { gate in
            gate = gate ?? BoundedQueue(capacity: 1, name: "the end of a pause")
            hasGate.store(true, ordering: .relaxed)
        }
    }

    /// Lets paused sessions go on.
    package func resume() {
        gate.withLock { gate in
            gate?.close()
            gate = nil
            hasGate.store(false, ordering: .relaxed)
        }
    }

    /// Waits for the end of a pause, for a short time.
    ///
    /// - Returns: Whether the pause goes on.
    fileprivate func waitBriefly() -> Bool {
        guard let gate = gate.withLock({ $0 }) else { return false }
        _ = gate.pop(within: Self.look)
        return isPaused
    }
}

extension SessionState {
    /// Ends the work on a long file when the session has failed, and waits while it is paused; called by the owner of the
    /// output.
    ///
    /// - Throws: The failure, or that a keep-alive could not be written.
    func goOn(_ output: WireOutput) throws(WireError) {
        try checkFailure()
        guard let pace, pace.isPaused else { return }
        // What the peer can work on in the meantime.
        try output.flush()
        progress.isPaused.store(true, ordering: .relaxed)
        defer { progress.isPaused.store(false, ordering: .relaxed) }
        while pace.waitBriefly() {
            try checkFailure()
            try keepAlive(output)
        }
        try checkFailure()
    }
}
