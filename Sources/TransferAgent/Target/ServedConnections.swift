import LinuxSystem
import RsyncEngine
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
        /// How many sessions were ended by this side before they were complete.
        var interrupted = 0
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

    /// Records that a session failed; it counts as interrupted if it was told to stop.
    func noteFailure(of number: Int) {
        state.withLock { state in
            guard state.open[number]?.stop.isRequested == true else { return }
            state.sessions.remove(number)
            state.interrupted += 1
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
        let (stops, count) = state.withLock { state in (state.open.values.map(\.stop), state.sessions.count) }
        for stop in stops { stop.request() }
        return count
    }

    /// How many sessions were ended before they were complete, with those that have not ended yet.
    var interrupted: Int { state.withLock { $0.interrupted + $0.sessions.count } }

    /// Closes all connections.
    func breakAll() {
        for connection in state.withLock({ Array($0.open.values) }) { connection.stream.close() }
    }
}
