/// A named operating system thread that runs one closure.
///
/// A session's blocking calls run on such threads, never on Swift's concurrency pool.
///
/// ## Concurrency model
/// `finished` is the only shared state; the thread closes it once, and joiners wait on it.
package final class WorkerThread: Sendable {
    private let finished = BoundedQueue<Never>(capacity: 1, name: "thread end")
    /// The name shown by `ps -L` and `perf`; at most 15 bytes are used.
    package let name: String

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: At most 15 bytes reach the kernel.
    ///   - body: Runs once on the new thread. It handles its own errors.
    /// - Throws: ``SystemError`` of pthread_create(3).
    package init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        self.name = name
        let finished = self.finished
        let number = startThread(name: name) {
            body()
            finished.close()
        }
        guard number == 0 else { throw SystemError(operation: "pthread_create", number: number) }
    }

    /// Waits until the closure has returned.
    package func join() {
        _ = finished.pop()
    }

    /// Waits for the closure, at most this long.
    ///
    /// - Returns: Whether it has returned.
    package func join(within limit: Duration) -> Bool {
        if case .timedOut = finished.pop(within: limit) { return false }
        return true
    }
}
