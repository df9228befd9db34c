import LinuxSystem
import Synchronization
import Transport

/// The connections that a target serves now.
///
/// ## Concurrency model
/// `state` is accessed by accepting threads, by the connections' threads at their ends, and by the thread that stops the
/// service. `left` becomes empty-and-closed when the last connection has ended after ``close()``.
final class ServedConnections: Sendable {
    private struct State {
        var streams: [Int: any ByteStream] = [:]
        /// Which of them are sessions: they have logged in.
        var sessions: Set<Int> = []
        /// Which of them are control conversations that have logged in.
        var conversations: Set<Int> = []
        var nextNumber = 1
        var isClosed = false
    }

    private let state = Mutex(State())
    private let ended = BoundedQueue<Never>(capacity: 1, name: "end of the last session")

    /// Adds a connection.
    ///
    /// - Returns: Its number; nil when the service is stopping.
    func add(_ stream: any ByteStream) -> Int? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            let number = state.nextNumber
            state.nextNumber += 1
            state.streams[number] = stream
            return number
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

    /// Removes a connection.
    func remove(_ number: Int) {
        let isLast = state.withLock { state in
            state.streams[number] = nil
            state.sessions.remove(number)
            state.conversations.remove(number)
            return state.isClosed && state.streams.isEmpty
        }
        if isLast { ended.close() }
    }

    /// Accepts no more.
    func close() {
        let isEmpty = state.withLock { state in
            state.isClosed = true
            return state.streams.isEmpty
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

    /// Closes all connections.
    func breakAll() {
        for stream in state.withLock({ Array($0.streams.values) }) { stream.close() }
    }
}
