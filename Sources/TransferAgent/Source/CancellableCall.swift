import LinuxSystem
import Synchronization
import Transport

/// The connections of one volume, which another thread may end, from before they exist.
///
/// ## Concurrency model
/// `state` is touched by the connecting thread and by whoever cancels.
final class CancellableCall: Sendable {
    private struct State {
        var isCancelled = false
        var streams: [any ByteStream] = []
    }

    /// Ends the wait for a connection.
    let stop: StopSignal
    private let state = Mutex(State())

    init() throws(SystemError) { stop = try StopSignal() }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Takes a connection to end on cancellation; ends it at once if that has come.
    func adopt(_ stream: any ByteStream) {
        let isLate = state.withLock { state in
            state.streams.append(stream)
            return state.isCancelled
        }
        if isLate { stream.close() }
    }

    /// Ends the connection, or the attempt to get one.
    func cancel() {
        let streams = state.withLock { state in
            state.isCancelled = true
            return state.streams
        }
        stop.raise()
        for stream in streams { stream.close() }
    }
}
