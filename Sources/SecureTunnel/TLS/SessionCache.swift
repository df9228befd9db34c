import Synchronization

/// The sessions that a client may resume, by the host they were made with.
///
/// ## Concurrency model
/// `kept` has its own lock; a stored `SSL_SESSION` is immutable, and its reference count is atomic.
final class SessionCache: Sendable {
    /// Enough for connections that begin at once, and for the hosts of a relay.
    private static let limits = (sessions: 8, hosts: 64)
    private let kept = Mutex<[String: [Session]]>([:])

    /// Keeps a session of a connection to a host; the oldest is dropped when there are many.
    func keep(_ session: Session, for host: String) {
        kept.withLock { kept in
            guard kept[host] != nil || kept.count < Self.limits.hosts else { return }
            kept[host, default: []].append(session)
            if let count = kept[host]?.count, count > Self.limits.sessions { kept[host]?.removeFirst() }
        }
    }

    /// Finds the newest session of a host.
    func take(for host: String) -> Session? {
        kept.withLock { kept in
            guard let newest = kept[host]?.last else { return nil }
            if newest.isForOneUse { kept[host]?.removeLast() }
            return newest
        }
    }

    /// Drops a host's sessions, after a failed handshake.
    func forget(_ host: String) { kept.withLock { $0[host] = nil } }
}
