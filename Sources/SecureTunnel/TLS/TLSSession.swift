/// The negotiated parameters of a tunnel.
package struct TLSSession: Equatable, Sendable {
    /// The version, such as `TLSv1.3`.
    package let version: String
    /// The cipher suite by its OpenSSL name.
    package let cipher: String
    /// The application protocol (ALPN); nil when the peer knows none of ours.
    package let applicationProtocol: String?
    /// The SNI; nil when the client connected to an address.
    package let serverName: String?
    /// The subject of the peer's certificate; nil when it presented none.
    package let peerSubject: String?
    /// SHA-256 of the peer's certificate in DER form, in hex; nil when it presented none.
    package let peerSHA256: String?
    /// The identity of the peer's pre-shared key; nil without one.
    package let preSharedKeyIdentity: String?
    /// Whether an earlier connection's session was resumed: certificates were checked then, not now.
    package let isResumed: Bool
}
