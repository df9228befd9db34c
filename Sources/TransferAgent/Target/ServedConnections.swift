import LinuxSystem
import RsyncEngine
import RsyncWire
import Synchronization
import Transport

/// The connections that a target serves now.
///
/// ## Concurrency model
/// `state` is accessed by accepting threads, by the connections' threads at their ends, and by the thread that stops the
/// service. `left` becomes empty-and-closed when the last connection has ended after ``close()``.
final class ServedConnections: Sendable {
    /// A connection, and how its session is ended.
    private struct Connection {
        let stream: any ByteStream
        let stop: SessionStop
    }

    private struct State {
        var open: [Int: Connection] = [:]
        /// Which of them are sessions: they have logged in.
        var sessions: Set<Int> = []
        /// Which of them are control conversations that have logged in.
        var conversations: Set<Int> = []
        var nextNumber = 1
        var isClosed = false
        /// Whether sessions were told to end.
        var isStopping = false
        var counts = ServedCounts()
    }

    private let state = Mutex(State())
    private let ended = BoundedQueue<Never>(capacity: 1, name: "end of the last session")

    /// Adds a connection.
    ///
    /// - Returns: Its number, and what ends its session; nil when the service is stopping.
    func add(_ stream: any ByteStream) -> (number: Int, stop: SessionStop)? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            let (number, stop) = (state.nextNumber, SessionStop())
            state.nextNumber += 1
            state.open[number] = Connection(stream: stream, stop: stop)
            return (number, stop)
        }
    }

    /// Records that a connection has become a session.
    ///
    /// - Returns: False when the limit is reached.
    func beginSession(_ number: Int, limit: Int) -> Bool {
        state.withLock { state in
            guard state.sessions.count < limit else { return false }
            state.conversations.remove(number)
            return state.sessions.insert(number).inserted
        }
    }

    /// Records that a connection has become a control conversation, which does not count as a session.
    ///
    /// - Returns: False when the limit is reached.
    func beginConversation(_ number: Int, limit: Int) -> Bool {
        state.withLock { state in
            guard state.conversations.count < limit else { return false }
            return state.conversations.insert(number).inserted
        }
    }

    /// Records the end of a session; one that failed after it was told to stop was interrupted.
    func noteEnd(of number: Int, _ result: SessionResult) {
        state.withLock { state in
            state.counts.add(result, wasStopped: state.open[number]?.stop.isRequested == true)
            state.sessions.remove(number)
        }
    }

    /// Removes a connection.
    func remove(_ number: Int) {
        let isLast = state.withLock { state in
            state.open[number] = nil
            state.sessions.remove(number)
            state.conversations.remove(number)
            return state.isClosed && state.open.isEmpty
        }
        if isLast { ended.close() }
    }

    /// Accepts no more.
    func close() {
        let isEmpty = state.withLock { state in
            state.isClosed = true
            return state.open.isEmpty
        }
        if isEmpty { ended.close() }
    }

    /// Waits until all connections have ended, after ``close()``.
    ///
    /// - Returns: Whether they have.
    func waitForEnd(within limit: Duration) -> Bool {
        if case .timedOut = ended.pop(within: limit) { return false }
        return true
    }

    /// Tells all sessions and conversations to end.
    ///
    /// - Returns: How many sessions there are.
    func requestStop() -> Int {
        let (stops, count) = state.withLock { state in
            state.isStopping = true
            return (state.open.values.map(\.stop), state.sessions.count)
        }
        for stop in stops { stop.request() }
        return count
    }

    /// How many connections, and sessions among them, there are now.
    var current: (connections: Int, sessions: Int) { state.withLock { ($0.open.count, $0.sessions.count) } }

    /// What the sessions have done; while stopping, those that have not ended yet count as interrupted.
    var counts: ServedCounts {
        state.withLock { state in
            var counts = state.counts
            counts.interrupted += state.isStopping ? state.sessions.count : 0
            return counts
        }
    }

    /// Closes all connections.
    func breakAll() {
        for connection in state.withLock({ Array($0.open.values) }) { connection.stream.close() }
    }
}

/// What a target's sessions have done.
package struct ServedCounts: Sendable, Equatable {
    /// How many have ended.
    package var sessions = 0
    /// How many of them failed, for whatever reason.
    package var failed = 0
    /// How many were ended by this side before they were complete.
    package var interrupted = 0
    /// The files that they have put in place.
    package var files: Int64 = 0
    /// What they received on the wire.
    package var bytes: Int64 = 0

    mutating func add(_ result: SessionResult, wasStopped: Bool) {
        sessions += 1
        if result.failure != nil { failed += 1 }
        if result.failure != nil, wasStopped { interrupted += 1 }
        files = files.addingClamped(result.statistics.inPlace?.transferredFiles ?? 0)
        bytes = bytes.addingClamped(result.statistics.bytesReceived)
    }
}
