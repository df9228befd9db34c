import COpenSSL

/// Facts about one connection's handshake, recorded by OpenSSL's callbacks and used in errors.
///
/// ## Concurrency model
/// One object serves one connection; OpenSSL calls back within a step, which holds the engine's lock.
final class HandshakeNotes {
    /// Verifies the peer's certificate.
    let verifier: PeerVerifier
    /// The keys that we accept.
    let acceptedKeys: PreSharedKeys?
    /// The key that we offer.
    let offeredKey: PreSharedKeys.Entry?
    /// A client's session cache; nil on a server.
    let sessions: SessionCache?
    /// The host that a client connects to.
    let host: String?
    /// The identity of ours that the peer named.
    var acceptedIdentity: [UInt8]?
    /// The unknown identity that the peer named.
    var unknownIdentity: [UInt8]?
    /// Whether the server requested a certificate and we have none.
    var lacksCertificate = false

    /// Prepares for one connection.
    ///
    /// - Parameters:
    ///   - context: Rules and keys.
    ///   - host: The host that a client connects to; nil for a server.
    init(context: TLSContext, host: String?) {
        verifier = PeerVerifier(trust: context.trust, expectedName: host)
        acceptedKeys = context.isServer ? context.preSharedKeys : nil
        offeredKey = context.offeredKey
        sessions = context.sessions
        self.host = host
    }

    /// Attaches the notes to an `SSL` object, which must not outlive them.
    func attach(to connection: OpaquePointer) {
        unsafe SSL_set_ex_data(connection, 0, Unmanaged.passUnretained(self).toOpaque())
    }

    /// The notes of an `SSL` object.
    static func of(_ connection: OpaquePointer?) -> HandshakeNotes? {
        guard let connection = unsafe connection, let pointer = unsafe SSL_get_ex_data(connection, 0) else {
            return nil
        }
        return unsafe Unmanaged<HandshakeNotes>.fromOpaque(pointer).takeUnretainedValue()
    }
}

/// Called by OpenSSL when a server requests a certificate and none is configured: records it and continues without.
func noteCertificateRequest(
    _ connection: OpaquePointer?,
    _ certificate: UnsafeMutablePointer<OpaquePointer?>?,
    _ key: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
    unsafe HandshakeNotes.of(connection)?.lacksCertificate = true
    return 0
}
