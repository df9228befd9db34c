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
}
