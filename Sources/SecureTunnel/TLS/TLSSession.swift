/// What both sides of a tunnel agreed on.
public struct TLSSession: Equatable, Sendable {
    /// The version, such as `TLSv1.3`.
    public let version: String
    /// The cipher suite in the name that OpenSSL gives it.
    public let cipher: String
    /// The application protocol (ALPN); nil when the peer knows none of ours.
    public let applicationProtocol: String?
    /// The name the client called (SNI); nil when it called an address.
    public let serverName: String?
    /// The subject of the peer's certificate; nil when it showed none.
    public let peerSubject: String?
    /// SHA-256 of the peer's certificate in DER form, in hex; nil when it showed none.
    public let peerSHA256: String?
    /// The identity of the pre-shared key that proved the peer; nil when none did.
    public let preSharedKeyIdentity: String?
    /// Whether an earlier connection's session was taken up again: certificates were checked then, not now.
    public let isResumed: Bool
}
