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
    /// A PEM file: the certificate, then the intermediate ones that signed it.
    public var certificateChainFile: String
    /// A PEM file of the private key (PKCS#1, SEC1 or PKCS#8, not encrypted).
    public var privateKeyFile: String

    /// Names the two files.
    public init(certificateChainFile: String, privateKeyFile: String) {
        self.certificateChainFile = certificateChainFile
        self.privateKeyFile = privateKeyFile
    }
}

/// What TLS itself may do, the same for both sides of a connection.
public struct TLSParameters: Equatable, Sendable {
    /// The oldest version that is accepted.
    public var minimumVersion = TLSVersion.tls12
    /// The newest version that is spoken.
    public var maximumVersion = TLSVersion.tls13
    /// Ciphers of TLS 1.2 in OpenSSL's form (`ciphers`); nil for ours, which fit certificates or keys as configured.
    public var ciphers: String?
    /// Cipher suites of TLS 1.3, divided by colons (`ciphersuites`); nil for ours.
    public var cipherSuites: String?
    /// Further switches (`options`), applied in order.
    public var options: [TLSOption] = []
    /// Application protocols (ALPN), best first; a peer that knows none of them is fine.
    public var applicationProtocols: [String] = []

    /// TLS 1.2 and 1.3 with our ciphers.
    public init() {}
}

/// Which name a client sends in the clear, so that a router can find the server (SNI).
public enum ServerNameIndication: Equatable, Sendable {
    /// The host that is called; nothing when that is an address in digits.
    case called
    /// Another name.
    case name(String)
    /// None.
    case none
}

/// How this side connects: which peers to trust and what to offer.
@dynamicMemberLookup
public struct TLSClientConfiguration: Equatable, Sendable {
    /// How the server is verified.
    public var trust: PeerTrust
    /// What to show to a server that asks for a certificate.
    public var identity: TLSIdentity?
    /// A key that the server knows too: the first in the file, or the one of ``preSharedKeyIdentity``.
    public var preSharedKeys: PreSharedKeys?
    /// Which of the keys is offered.
    public var preSharedKeyIdentity: String?
    /// The name that is sent in the clear.
    public var serverNameIndication = ServerNameIndication.called
    /// Versions, ciphers, options, protocols; its members can be used as if they were this value's own.
    public var parameters = TLSParameters()

    /// Starts from a trust, the rest as usual.
    public init(trust: PeerTrust, identity: TLSIdentity? = nil, applicationProtocols: [String] = []) {
        self.trust = trust
        self.identity = identity
        parameters.applicationProtocols = applicationProtocols
    }

    /// A member of ``parameters``.
    public subscript<Value>(dynamicMember member: WritableKeyPath<TLSParameters, Value>) -> Value {
        get { parameters[keyPath: member] }
        set { parameters[keyPath: member] = newValue }
    }
}

/// How we answer: who we are and whom to let in.
@dynamicMemberLookup
public struct TLSServerConfiguration: Equatable, Sendable {
    /// What to show; nil only for a server that takes nothing but pre-shared keys.
    public var identity: TLSIdentity?
    /// Which clients are trusted by their certificate; nil asks no certificate of a client.
    public var clientTrust: PeerTrust?
    /// The keys of clients that come with one; such a client shows no certificate.
    public var preSharedKeys: PreSharedKeys?
    /// Versions, ciphers, options, protocols; its members can be used as if they were this value's own.
    public var parameters = TLSParameters()

    /// Starts from an identity, the rest as usual.
    public init(
        identity: TLSIdentity? = nil,
        clientTrust: PeerTrust? = nil,
        preSharedKeys: PreSharedKeys? = nil,
        applicationProtocols: [String] = []
    ) {
        self.identity = identity
        self.clientTrust = clientTrust
        self.preSharedKeys = preSharedKeys
        parameters.applicationProtocols = applicationProtocols
    }

    /// A member of ``parameters``.
    public subscript<Value>(dynamicMember member: WritableKeyPath<TLSParameters, Value>) -> Value {
        get { parameters[keyPath: member] }
        set { parameters[keyPath: member] = newValue }
    }
}
