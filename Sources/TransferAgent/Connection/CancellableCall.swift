package import LinuxSystem
package import RsyncEngine
import Synchronization
package import Transport

/// The connections of one volume, which another thread may end, from before they exist.
///
/// ## Concurrency model
/// `state` is accessed by the connecting thread and by the one that cancels.
package final class CancellableCall: Sendable {
    private struct State {
        var isCancelled = false
        var streams: [any ByteStream] = []
    }

    /// How long a session may take to end after it was told to.
    private static let farewell = Duration.seconds(3)

    /// Ends the wait for a connection.
    package let stop: StopSignal
    /// Ends a session over one of the connections in an orderly way.
    package let session = SessionStop()
    private let state = Mutex(State())
    /// Nothing is ever in it; its end ends pauses.
    private let pauses = BoundedQueue<Never>(capacity: 1, name: "the time of another attempt")

    package init() throws(SystemError) { stop = try StopSignal() }

    package var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Registers a connection to end on cancellation; ends it at once if already cancelled.
    package func adopt(_ stream: any ByteStream) {
        let isLate = state.withLock { state in
            state.streams.append(stream)
            return state.isCancelled
        }
        if isLate { stream.close() }
    }

    /// Ends the connections of an attempt that is over.
    func endConnections() {
        let streams = state.withLock { state in
            defer { state.streams = [] }
            return state.streams
        }
        for stream in streams { stream.close() }
    }

    /// Pauses before retrying with a target that reports that it is busy.
    ///
    /// A stock daemon counts a connection for some milliseconds after its client has seen the end of it: who calls
    /// again at once may be refused because of the previous connection.
    ///
    /// - Parameters:
    ///   - deadline: When to stop retrying.
    ///   - pause: How long to wait before it; cancellation ends the wait.
    /// - Returns: Whether to try again.
    package func mayTryAgain(
        before deadline: ContinuousClock.Instant,
        after pause: Duration = .milliseconds(100)
    ) -> Bool {
        guard !isCancelled, .now < deadline else { return false }
        _ = pauses.pop(within: pause)
        return !isCancelled
    }

    /// How long the target may count a connection that has ended.
    package static let afterglow = Duration.seconds(3)

    /// Ends the connection, or the attempt to get one; a running session gets a little time to tell its peer.
    package func cancel() {
        let streams = state.withLock { state in
            state.isCancelled = true
            return state.streams
        }
        stop.raise()
        pauses.close()
        let close = { @Sendable in for stream in streams { stream.close() } }
        guard session.request() else { return close() }
        do throws(SystemError) {
            _ = try WorkerThread(name: "dvm-farewell") {
                _ = BoundedQueue<Never>(capacity: 1, name: "end of a stopped session").pop(within: Self.farewell)
                close()
            }
        } catch {
            close()
        }
    }
}
