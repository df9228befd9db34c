/// A version of TLS.
package enum TLSVersion: Int32, Sendable, Comparable {
    /// TLS 1.2, the only one that stunnel speaks as MTC configures it.
    case tls12 = 0x0303
    /// TLS 1.3.
    case tls13 = 0x0304

    /// The older one is less.
    package static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }
}

/// A certificate to show, with the key that proves it.
package struct TLSIdentity: Equatable, Sendable {
    /// A PEM file: the certificate, then the intermediate ones that signed it.
    package var certificateChainFile: String
    /// A PEM file of the private key (PKCS#1, SEC1 or PKCS#8, not encrypted).
    package var privateKeyFile: String

    /// Names the two files.
    package init(certificateChainFile: String, privateKeyFile: String) {
        self.certificateChainFile = certificateChainFile
        self.privateKeyFile = privateKeyFile
    }
}

/// What TLS itself may do, the same for both sides of a connection.
package struct TLSParameters: Equatable, Sendable {
    /// The oldest version that is accepted.
    package var minimumVersion = TLSVersion.tls12
    /// The newest version that is spoken.
    package var maximumVersion = TLSVersion.tls13
    /// Ciphers of TLS 1.2 in OpenSSL's form (`ciphers`); nil for ours, which fit certificates or keys as configured.
    package var ciphers: String?
    /// Cipher suites of TLS 1.3, divided by colons (`ciphersuites`); nil for ours.
    package var cipherSuites: String?
    /// Further switches (`options`), applied in order.
    package var options: [TLSOption] = []
    /// Application protocols (ALPN), best first; a peer that knows none of them is fine.
    package var applicationProtocols: [String] = []

    /// TLS 1.2 and 1.3 with our ciphers.
    package init() {}
}

/// Which name a client sends in the clear, so that a router can find the server (SNI).
package enum ServerNameIndication: Equatable, Sendable {
    /// The host that is called; nothing when that is an address in digits.
    case called
    /// Another name.
    case name(String)
    /// None.
    case none
}

/// How this side connects: which peers to trust and what to offer.
@dynamicMemberLookup
package struct TLSClientConfiguration: Equatable, Sendable {
    /// How the server is verified.
    package var trust: PeerTrust
    /// What to show to a server that asks for a certificate.
    package var identity: TLSIdentity?
    /// A key that the server knows too: the first in the file, or the one of ``preSharedKeyIdentity``.
    package var preSharedKeys: PreSharedKeys?
    /// Which of the keys is offered.
    package var preSharedKeyIdentity: String?
    /// The name that is sent in the clear.
    package var serverNameIndication = ServerNameIndication.called
    /// Versions, ciphers, options, protocols; its members can be used as if they were this value's own.
    package var parameters = TLSParameters()

    /// Starts from a trust, the rest as usual.
    package init(trust: PeerTrust, identity: TLSIdentity? = nil, applicationProtocols: [String] = []) {
        self.trust = trust
        self.identity = identity
        parameters.applicationProtocols = applicationProtocols
    }

    /// A member of ``parameters``.
    package subscript<Value>(dynamicMember member: WritableKeyPath<TLSParameters, Value>) -> Value {
        get { parameters[keyPath: member] }
        set { parameters[keyPath: member] = newValue }
    }
}

/// How we answer: who we are and whom to let in.
@dynamicMemberLookup
package struct TLSServerConfiguration: Equatable, Sendable {
    /// What to show; nil only for a server that takes nothing but pre-shared keys.
    package var identity: TLSIdentity?
    /// Which clients are trusted by their certificate; nil asks no certificate of a client.
    package var clientTrust: PeerTrust?
    /// The keys of clients that come with one; such a client shows no certificate.
    package var preSharedKeys: PreSharedKeys?
    /// Versions, ciphers, options, protocols; its members can be used as if they were this value's own.
    package var parameters = TLSParameters()

    /// Starts from an identity, the rest as usual.
    package init(
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
    package subscript<Value>(dynamicMember member: WritableKeyPath<TLSParameters, Value>) -> Value {
        get { parameters[keyPath: member] }
        set { parameters[keyPath: member] = newValue }
    }
}
