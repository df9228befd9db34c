import Synchronization

/// A request to end a session in an orderly way: the peer is told so, with exit code 20; complete files
/// stay.
///
/// It takes effect when the binary part of the session has begun. The session still waits for its peer: whoever requests
/// the end closes the connection after a time.
///
/// ## Concurrency model
/// `state` is accessed by the session's thread and by any thread that requests the end.
package final class SessionStop: Sendable {
    private struct State {
        var isRequested = false
        /// The session that is running, or ran last.
        weak var session: SessionState?
    }

    private let state = Mutex(State())

    package init() {}

    /// Whether the end was requested.
    package var isRequested: Bool { state.withLock { $0.isRequested } }

    /// Requests the end.
    ///
    /// - Returns: Whether a session is running, whose peer is told.
    @discardableResult
    package func request() -> Bool {
        let session = state.withLock { state in
            state.isRequested = true
            return state.session
        }
        session?.fail(.cancelled)
        return session != nil
    }

    /// Registers a session that begins; it ends at once if that was requested before.
    func begin(_ session: SessionState) {
        let isLate = state.withLock { state in
            state.session = session
            return state.isRequested
        }
        if isLate { session.fail(.cancelled) }
    }
}
