import Glibc
import LinuxSystem
import Synchronization

/// A descriptor that several threads use and any of them may close: the number is released to the kernel only when
/// the last user has left, so that no call can ever hit an unauthenticated client's file.
///
/// ## Concurrency model
/// `state` holds the closed bit and the number of users. No thread enters once the bit is set, so exactly one thread sees
/// the count reach zero with the bit set, and that one closes.
final class SharedDescriptor: Sendable {
    private static let closedBit: UInt64 = 1 << 63

    private let number: Int32
    private let originalFlags: Int32?
    private let state = Atomic<UInt64>(0)

    /// Takes ownership of a descriptor.
    ///
    /// - Parameters:
    ///   - descriptor: What to own.
    ///   - originalFlags: File status flags to put back before closing, when ours were changed and others share them.
    init(_ descriptor: consuming Descriptor, restoring originalFlags: Int32? = nil) {
        number = descriptor.release()
        self.originalFlags = originalFlags
    }

    deinit {
        if state.load(ordering: .acquiring) & Self.closedBit == 0 { release() }
    }

    /// Begins to use the descriptor.
    ///
    /// - Returns: The number, valid until ``leave()``; nil when it is closed.
    func enter() -> Int32? {
        var current = state.load(ordering: .relaxed)
        while current & Self.closedBit == 0 {
            let (exchanged, found) = state.weakCompareExchange(
                expected: current,
                desired: current + 1,
                ordering: .acquiringAndReleasing
            )
            if exchanged { return number }
            current = found
        }
        return nil
    }

    /// Ends one use.
    func leave() {
        let left = state.subtract(1, ordering: .acquiringAndReleasing).newValue
        if left == Self.closedBit { release() }
    }

    /// Refuses new users and closes when the last one has left.
    func close() {
        let before = state.bitwiseOr(Self.closedBit, ordering: .acquiringAndReleasing).oldValue
        if before == 0 { release() }
    }

    private func release() {
        if let originalFlags { _ = fcntl(number, F_SETFL, originalFlags) }
        _ = Glibc.close(number)
    }
}
