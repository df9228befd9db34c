import COpenSSL
import Synchronization

/// The sessions that a client may resume, by the host they were made with.
///
/// ## Concurrency model
/// `kept` has its own lock; a stored `SSL_SESSION` is immutable, and its reference count is atomic.
final class SessionCache: Sendable {
    /// One `SSL_SESSION`, freed with this object.
    @safe final class Session: @unchecked Sendable {
        let session: OpaquePointer

        init(owning session: OpaquePointer) { unsafe self.session = session }

        deinit { unsafe SSL_SESSION_free(session) }

        /// TLS 1.3 tickets are for one connection: a second use would let an observer link the two.
        var isForOneUse: Bool { unsafe SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION }
    }

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

/// Makes OpenSSL hand over the sessions that a client's connections get.
func rememberSessions(of context: OpaquePointer) {
    unsafe dvm_SSL_CTX_set_session_cache_mode(context, Int(SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL))
    unsafe SSL_CTX_sess_set_new_cb(context) { connection, session in
        guard let session = unsafe session, let notes = unsafe HandshakeNotes.of(connection),
            let host = notes.host, let sessions = notes.sessions
        else { return 0 }
        sessions.keep(unsafe SessionCache.Session(owning: session), for: host)
        // We now own the reference.
        return 1
    }
}
