/// A version of TLS.
package enum TLSVersion: Int32, Sendable, Comparable {
    /// TLS 1.2, the only one that stunnel supports as MTC configures it.
    case tls12 = 0x0303
    /// TLS 1.3.
    case tls13 = 0x0304

    /// Ordered by age, the older one first.
    package static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }
}

/// A certificate to present, with its private key.
package struct TLSIdentity: Equatable, Sendable {
    /// A PEM file: the certificate, then the intermediate ones that signed it.
    package var certificateChainFile: String
    /// A PEM file of the private key (PKCS#1, SEC1 or PKCS#8, not encrypted).
    package var privateKeyFile: String
    /// How to treat a key that is not its user's alone.
    package var exposure: ProtectedFile.Exposure

    /// Names the two files.
    package init(
        certificateChainFile: String,
        privateKeyFile: String,
        exposure: ProtectedFile.Exposure = .warned
    ) {
        self.certificateChainFile = certificateChainFile
        self.privateKeyFile = privateKeyFile
        self.exposure = exposure
    }
}

/// TLS parameters, the same for both sides of a connection.
package struct TLSParameters: Equatable, Sendable {
    /// The oldest version that is accepted.
    package var minimumVersion = TLSVersion.tls12
    /// The newest version that is accepted.
    package var maximumVersion = TLSVersion.tls13
    /// Ciphers of TLS 1.2 in OpenSSL's form (`ciphers`); nil for the default, which fits certificates or keys as
    /// configured.
    package var ciphers: String?
    /// Cipher suites of TLS 1.3, separated by colons (`ciphersuites`); nil for the default.
    package var cipherSuites: String?
    /// Further switches (`options`), applied in order.
    package var options: [TLSOption] = []
    /// Application protocols (ALPN), in order of preference; a peer that knows none of them is accepted.
    package var applicationProtocols: [String] = []

    /// TLS 1.2 and 1.3 with the default ciphers.
    package init() {}
}

/// The name that a client sends in the clear, for routing (SNI).
package enum ServerNameIndication: Equatable, Sendable {
    /// The connected host; none when that is a numeric address.
    case called
    /// Another name.
    case name(String)
    /// None.
    case none
}

/// The settings of a client: which peers to trust and what to offer.
@dynamicMemberLookup
package struct TLSClientConfiguration: Equatable, Sendable {
    /// How the server is verified.
    package var trust: PeerTrust
    /// The certificate for a server that requests one.
    package var identity: TLSIdentity?
    /// A key that is shared with the server: the first in the file, or the one of ``preSharedKeyIdentity``.
    package var preSharedKeys: PreSharedKeys?
    /// Which of the keys is offered.
    package var preSharedKeyIdentity: String?
    /// The name that is sent in the clear.
    package var serverNameIndication = ServerNameIndication.called
    /// Versions, ciphers, options, protocols; its members are also members of this value.
    package var parameters = TLSParameters()

    /// Creates settings with a trust and defaults.
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

/// The settings of a server: its certificate and which clients to admit.
@dynamicMemberLookup
package struct TLSServerConfiguration: Equatable, Sendable {
    /// The certificate; nil only for a server that accepts only pre-shared keys.
    package var identity: TLSIdentity?
    /// Which clients are trusted by their certificate; nil requests no certificate.
    package var clientTrust: PeerTrust?
    /// The pre-shared keys of clients; such a client presents no certificate.
    package var preSharedKeys: PreSharedKeys?
    /// Versions, ciphers, options, protocols; its members are also members of this value.
    package var parameters = TLSParameters()

    /// Creates settings with an identity and defaults.
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
