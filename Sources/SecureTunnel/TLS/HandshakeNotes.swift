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
}
