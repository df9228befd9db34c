/// Why a server's certificate is believed.
public enum PeerTrust: Equatable, Sendable {
    /// Certificates in a PEM file vouch for it, and it must carry the name that is called.
    ///
    /// A certificate that stands in the file itself is trusted whether or not it is an authority. If it also has no
    /// subject alternative name, as those that MTC makes, it needs no name: listing it is a pin (MTC contract 3.3).
    case authorities(pemFile: String)
    /// It is exactly this one: SHA-256 of its DER form, 64 hex digits, colons allowed. Names and dates do not matter.
    case pinned(sha256: String)
    /// Anybody is believed. The caller says so in its log.
    case insecure
}

/// A version of TLS.
public enum TLSVersion: Int32, Sendable, Comparable {
    /// TLS 1.2, the only one that stunnel speaks as MTC configures it.
    case tls12 = 0x0303
    /// TLS 1.3.
    case tls13 = 0x0304

    /// The older one is less.
    public static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }
}

/// A certificate to show, with the key that proves it.
public struct TLSIdentity: Equatable, Sendable {
    /// A PEM file: the certificate, then those that vouch for it.
    public var certificateChainFile: String
    /// A PEM file of the private key (PKCS#1, SEC1 or PKCS#8, not encrypted).
    public var privateKeyFile: String

    /// Names the two files.
    public init(certificateChainFile: String, privateKeyFile: String) {
        self.certificateChainFile = certificateChainFile
        self.privateKeyFile = privateKeyFile
    }
}

/// How we call: whom to believe and what to offer.
public struct TLSClientConfiguration: Equatable, Sendable {
    /// Why the server's certificate is believed.
    public var trust: PeerTrust
    /// What to show to a server that asks for a certificate.
    public var identity: TLSIdentity?
    /// The oldest version that is accepted.
    public var minimumVersion = TLSVersion.tls12
    /// The newest version that is offered.
    public var maximumVersion = TLSVersion.tls13
    /// Application protocols to offer (ALPN), best first; a peer that knows none of it is fine.
    public var applicationProtocols: [String] = []

    /// Starts from a trust, the rest as usual.
    public init(trust: PeerTrust, identity: TLSIdentity? = nil, applicationProtocols: [String] = []) {
        self.trust = trust
        self.identity = identity
        self.applicationProtocols = applicationProtocols
    }
}

/// How we answer: who we are and whom to let in.
public struct TLSServerConfiguration: Equatable, Sendable {
    /// What to show.
    public var identity: TLSIdentity
    /// A PEM file of authorities, one of which must vouch for the client; nil asks no certificate of the client.
    public var clientAuthoritiesFile: String?
    /// The oldest version that is accepted.
    public var minimumVersion = TLSVersion.tls12
    /// The newest version that is accepted.
    public var maximumVersion = TLSVersion.tls13
    /// Application protocols we know (ALPN), best first; a client that offers none of them is fine.
    public var applicationProtocols: [String] = []

    /// Starts from an identity, the rest as usual.
    public init(identity: TLSIdentity, clientAuthoritiesFile: String? = nil, applicationProtocols: [String] = []) {
        self.identity = identity
        self.clientAuthoritiesFile = clientAuthoritiesFile
        self.applicationProtocols = applicationProtocols
    }
}
