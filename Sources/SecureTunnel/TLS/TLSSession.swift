/// What both sides of a tunnel agreed on.
package struct TLSSession: Equatable, Sendable {
    /// The version, such as `TLSv1.3`.
    package let version: String
    /// The cipher suite in the name that OpenSSL gives it.
    package let cipher: String
    /// The application protocol (ALPN); nil when the peer knows none of ours.
    package let applicationProtocol: String?
    /// The name the client called (SNI); nil when it called an address.
    package let serverName: String?
    /// The subject of the peer's certificate; nil when it showed none.
    package let peerSubject: String?
    /// SHA-256 of the peer's certificate in DER form, in hex; nil when it showed none.
    package let peerSHA256: String?
    /// The identity of the pre-shared key that proved the peer; nil when none did.
    package let preSharedKeyIdentity: String?
    /// Whether an earlier connection's session was taken up again: certificates were checked then, not now.
    package let isResumed: Bool
}
