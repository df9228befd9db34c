import COpenSSL

/// What one connection's handshake found out, for OpenSSL's callbacks to note and for errors to tell.
///
/// ## Concurrency model
/// One object serves one connection; OpenSSL calls back inside a step, which the engine's lock guards.
final class HandshakeNotes {
    /// Judges the peer's certificate.
    let verifier: PeerVerifier
    /// The keys that we accept.
    let acceptedKeys: PreSharedKeys?
    /// The key that we offer.
    let offeredKey: PreSharedKeys.Entry?
    /// Where a client's sessions go; nil on a server.
    let sessions: SessionCache?
    /// Whom a client calls.
    let host: String?
    /// The identity of ours that the peer named.
    var acceptedIdentity: [UInt8]?
    /// The identity that the peer named and that is none of ours.
    var unknownIdentity: [UInt8]?
    /// Whether the server asked for a certificate and we have none.
    var lacksCertificate = false

    /// Prepares for one connection.
    ///
    /// - Parameters:
    ///   - context: Rules and keys.
    ///   - host: Whom a client calls; nil for a server.
    init(context: TLSContext, host: String?) {
        verifier = PeerVerifier(trust: context.trust, expectedName: host)
        acceptedKeys = context.isServer ? context.preSharedKeys : nil
        offeredKey = context.offeredKey
        sessions = context.sessions
        self.host = host
    }

    /// Ties the notes to an `SSL` object, which must not outlive them.
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

/// What OpenSSL calls when a server asks for a certificate and none is configured: notes it and goes on without.
func noteCertificateRequest(
    _ connection: OpaquePointer?,
    _ certificate: UnsafeMutablePointer<OpaquePointer?>?,
    _ key: UnsafeMutablePointer<OpaquePointer?>?
) -> Int32 {
    unsafe HandshakeNotes.of(connection)?.lacksCertificate = true
    return 0
}
