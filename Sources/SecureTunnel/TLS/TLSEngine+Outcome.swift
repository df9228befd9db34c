import COpenSSL
import LinuxSystem
import Synchronization

// Invariant: what OpenSSL returns by reference is copied with the engine's lock held; certificates that it returns with
// a reference are freed here.

extension TLSEngine {
    /// Facts of a finished handshake.
    func session() -> TLSSession {
        lock.withLock { _ in
            var start: UnsafePointer<UInt8>?
            var length: UInt32 = 0
            unsafe SSL_get0_alpn_selected(connection, &start, &length)
            let chosen = unsafe String(decoding: UnsafeBufferPointer(start: start, count: Int(length)), as: UTF8.self)
            let certificate = unsafe SSL_get1_peer_certificate(connection)
            defer { unsafe X509_free(certificate) }
            let shown = unsafe certificate.map { unsafe PeerCertificate(borrowing: $0).summary }
            let name = unsafe SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name)
            return unsafe TLSSession(
                version: String(cString: SSL_get_version(connection)),
                cipher: String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(connection))),
                applicationProtocol: chosen.isEmpty ? nil : chosen,
                serverName: name.map { unsafe PrintableText.escaped(String(cString: $0)) },
                peerSubject: shown?.subject,
                peerSHA256: shown?.sha256,
                preSharedKeyIdentity: provenIdentity.map { PrintableText.ofPeer($0) },
                isResumed: SSL_session_reused(connection) == 1 && !isKeyOfThisHandshake
            )
        }
    }

    /// The identity of the key that authenticated the peer, now or in the resumed session.
    private var provenIdentity: [UInt8]? {
        guard let session = unsafe SSL_get_session(connection) else { return nil }
        if let identity = unsafe SSL_get_psk_identity(connection) {
            return unsafe Array(String(cString: identity).utf8)
        }
        var start: UnsafeMutableRawPointer?
        var count = 0
        // Only sessions that were made from a key carry this (see makeSession).
        guard unsafe SSL_SESSION_get0_ticket_appdata(session, &start, &count) == 1, count > 0 else { return nil }
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// Whether this handshake used a key rather than a ticket.
    private var isKeyOfThisHandshake: Bool {
        provenIdentity != nil && (notes.offeredKey != nil || notes.acceptedIdentity != nil)
    }

    /// Why a finished handshake is invalid: the peer was not authenticated.
    ///
    /// Ciphers without authentication would get this far. The lock is held.
    func proofMissing() -> SecureTunnelError? {
        guard let trust = context.trust, trust.needsProof(fromClient: context.isServer) else { return nil }
        // A resumed session was authenticated when it was created with this same context.
        if provenIdentity != nil { return nil }
        if unsafe SSL_session_reused(connection) == 1 { return nil }
        let certificate = unsafe SSL_get1_peer_certificate(connection)
        defer { unsafe X509_free(certificate) }
        if unsafe certificate != nil { return nil }
        if trust == .preSharedKey { return .preSharedKeyRequired(peer: peer) }
        return context.isServer ? .clientCertificateRequired(peer: peer) : .noCertificate
    }

    /// Checks whether the peer requested a renegotiation while its records were read.
    ///
    /// With TLS 1.2 only this makes reading produce output: OpenSSL's answer is a warning, after which a stock peer
    /// closes the connection.
    ///
    /// - Parameter waiting: How many bytes waited to be sent before.
    /// - Returns: The failure that it is; nil when it did not.
    func refusedRenegotiation(since waiting: Int) -> SecureTunnelError? {
        guard buffers.outputCount > waiting, unsafe SSL_version(connection) == TLS1_2_VERSION else { return nil }
        return .violation(peer: peer, reason: "it requested a renegotiation, which is not supported")
    }

    /// Converts the error queue to one error.
    ///
    /// The lock is held.
    func classify() -> SecureTunnelError {
        let errors = OpenSSLErrors.drain()
        if let refusal = notes.verifier.failure {
            guard context.trust == .preSharedKey, let offered = notes.offeredKey else { return refusal }
            // It presented a certificate instead.
            return .preSharedKeyRefused(peer: peer, identity: PrintableText.ofPeer(offered.identity))
        }
        if let failure = keyFailure(errors) { return failure }
        if let alert = errors.peerAlert { return meaning(of: alert) }
        if !isHandshakeDone, let bytes = foreignBytes() { return .notTLS(peer: peer, firstBytes: bytes) }
        if errors.contains(ERR_LIB_SSL, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
            return .clientCertificateRequired(peer: peer)
        }
        if !isHandshakeDone, errors.contains(ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL) {
            return .noCommonVersion(peer: peer)
        }
        if buffers.isInputEnded,
            errors.entries.isEmpty || errors.contains(ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING)
        {
            return isHandshakeDone ? .truncated(peer: peer) : .closedDuringHandshake(peer: peer)
        }
        return .violation(peer: peer, reason: errors.text)
    }

    /// The error for a failure that concerns pre-shared keys, if it does.
    private func keyFailure(_ errors: OpenSSLErrors) -> SecureTunnelError? {
        guard !isHandshakeDone, foreignBytes() == nil else { return nil }
        if let accepted = notes.acceptedIdentity {
            let isWrong =
                errors.contains(ERR_LIB_SSL, SSL_R_BINDER_DOES_NOT_VERIFY)
                || errors.contains(ERR_LIB_SSL, SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC)
                || errors.contains(ERR_LIB_SSL, SSL_R_DIGEST_CHECK_FAILED)
            return isWrong ? .preSharedKeyMismatch(peer: peer, identity: PrintableText.ofPeer(accepted)) : nil
        }
        if let unknown = notes.unknownIdentity {
            return .preSharedKeyUnknown(peer: peer, identity: PrintableText.ofPeer(unknown))
        }
        if takesKeysOnly {
            let isBare =
                errors.contains(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER)
                || errors.contains(ERR_LIB_SSL, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM)
            return isBare ? .preSharedKeyRequired(peer: peer) : nil
        }
        guard let offered = notes.offeredKey, let alert = errors.peerAlert else { return nil }
        let identity = PrintableText.ofPeer(offered.identity)
        switch alert.number {
        case SSL_AD_UNKNOWN_PSK_IDENTITY: return .preSharedKeyUnknown(peer: peer, identity: identity)
        case SSL_AD_BAD_RECORD_MAC, SSL_AD_DECRYPT_ERROR, SSL_AD_ILLEGAL_PARAMETER:
            return .preSharedKeyMismatch(peer: peer, identity: identity)
        case SSL_AD_HANDSHAKE_FAILURE: return .preSharedKeyRefused(peer: peer, identity: identity)
        default: return nil
        }
    }

    /// Whether this is a server that admits only clients with a pre-shared key.
    private var takesKeysOnly: Bool {
        guard notes.acceptedKeys != nil else { return false }
        if context.trust == .preSharedKey { return true }
        return unsafe SSL_get_certificate(connection) == nil
    }

    /// What an alert of the peer reports about us.
    private func meaning(of alert: OpenSSLErrors.Alert) -> SecureTunnelError {
        if !isHandshakeDone, alert.number == SSL_AD_PROTOCOL_VERSION { return .noCommonVersion(peer: peer) }
        guard !context.isServer else { return .alert(peer: peer, name: alert.name) }
        switch alert.number {
        case TLS13_AD_CERTIFICATE_REQUIRED: return .clientCertificateRequired(peer: peer)
        // TLS 1.2 has no specific alert for it.
        case SSL_AD_HANDSHAKE_FAILURE where notes.lacksCertificate: return .clientCertificateRequired(peer: peer)
        case SSL_AD_BAD_CERTIFICATE...SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA, SSL_AD_ACCESS_DENIED:
            // A server sends these about our certificate only.
            return .clientCertificateRefused(peer: peer, reason: alert.name)
        default: return .alert(peer: peer, name: alert.name)
        }
    }

    func foreignBytes() -> [UInt8]? {
        // 0x14 to 0x17 are the record types of TLS.
        guard let first = buffers.firstBytes.first, !(0x14...0x17).contains(first) else { return nil }
        return buffers.firstBytes
    }
}

/// Bytes from a peer or a file, for a message.
