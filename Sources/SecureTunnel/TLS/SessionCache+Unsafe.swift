import COpenSSL

// OpenSSL's sessions.
//
// Invariant: a `Session` owns one reference to its reference-counted `SSL_SESSION`, and releases it in `deinit`.

extension SessionCache {
    /// One `SSL_SESSION`, freed with this object.
    @safe final class Session: @unchecked Sendable {
        let session: OpaquePointer

        init(owning session: OpaquePointer) { unsafe self.session = session }

        deinit { unsafe SSL_SESSION_free(session) }

        /// TLS 1.3 tickets are for one connection: a second use would let an observer link the two.
        var isForOneUse: Bool { unsafe SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION }
    }
}

/// Makes OpenSSL pass on the sessions that a client's connections receive.
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
