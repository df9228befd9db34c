import LinuxSystem
import Synchronization

/// What the two finishers share while they stage small files.
final class SharedStaging: Sendable {
    /// How long a finisher waits for the other one to do what it has been given.
    private static let limit = Duration.seconds(5)

    /// Held shared while a small file is staged and, if it replaces another, named; exclusively by the second attempt of a
    /// file, because the check of a target counts on the space of one file at a time.
    let lock = SharedLock()
    /// Ends the wait of the finisher that waits for the other one.
    private let waiting = Mutex<BoundedQueue<Never>?>(nil)

    /// Waits until the other finisher has given the files that it holds their names.
    ///
    /// The caller has named its own. If the other one waits already, neither holds anything that the other could use: both
    /// go on at once.
    ///
    /// - Parameter other: The other finisher's jobs.
    func awaitNames(from other: BoundedQueue<[FileJob]>) {
        let done = BoundedQueue<Never>(capacity: 1, name: "the names of received files")
        let otherWaits = waiting.withLock { waiting in
            guard let mark = waiting else {
                waiting = done
                return false
            }
            mark.close()
            waiting = nil
            return true
        }
        guard !otherWaits else { return }
        // Not a push that may wait: the other finisher may be doing the same.
        if other.pushAtOnce([.mark(done)]) { _ = done.pop(within: Self.limit) }
        waiting.withLock { if $0 === done { $0 = nil } }
    }
}
