import Transport

/// One `[service]` of a stunnel configuration: two ends and the TLS between them.
public struct StunnelService: Equatable, Sendable {
    /// What goes through an HTTP proxy (`protocol = connect`).
    public struct Proxy: Equatable, Sendable {
        /// Whom the proxy shall call (`protocolHost`).
        public var target = ""
        /// `protocolUsername`.
        public var user: String?
        /// `protocolPassword`; never logged.
        public var password: String?
    }

    /// The name in brackets.
    public internal(set) var name: String
    /// The line of the name, for faults of the section as a whole.
    public internal(set) var line: Int
    /// Whether TLS is spoken with the remote side (`client = yes`) or with whom we accept.
    public internal(set) var isClient = false
    /// Where connections come in; nil for a service that runs a program and connects it.
    public internal(set) var accept: RelayAddress?
    /// Whom to call, tried in turn; empty for a service that runs a program instead.
    public internal(set) var connect: [RelayAddress] = []
    /// The program of `exec`; it talks through its standard input and output.
    public internal(set) var program: String?
    /// Its arguments, its own name first (`execArgs`).
    public internal(set) var programArguments: [String] = []
    /// The certificate chain (`cert`).
    public internal(set) var certificateFile: String?
    /// The private key; nil stands for the certificate's file (`key`).
    public internal(set) var keyFile: String?
    /// Trusted certificates (`CAfile`).
    public internal(set) var authoritiesFile: String?
    /// A directory of trusted certificates (`CApath`).
    public internal(set) var authoritiesDirectory: String?
    /// `verify`, 0 to 4; nil when the key is not there.
    public internal(set) var verifyLevel: Int?
    /// `verifyChain`.
    public internal(set) var verifiesChain = false
    /// `verifyPeer`.
    public internal(set) var verifiesPeer = false
    /// Names of which the peer's certificate must carry one (`checkHost`).
    public internal(set) var checkedHosts: [String] = []
    /// Addresses of which the peer's certificate must carry one (`checkIP`).
    public internal(set) var checkedAddresses: [String] = []
    /// The name sent in the clear (`sni`); empty sends none, nil the name that is called.
    public internal(set) var serverName: String?
    /// `protocol`, in lower case; only `connect` is known.
    public internal(set) var negotiation: String?
    /// The settings of `protocol = connect`.
    public internal(set) var proxy = Proxy()
    /// A file of pre-shared keys (`PSKsecrets`).
    public internal(set) var keysFile: String?
    /// Which of the keys a client uses (`PSKidentity`).
    public internal(set) var keyIdentity: String?
    /// Ciphers of TLS 1.2 (`ciphers`).
    public internal(set) var ciphers: String?
    /// Cipher suites of TLS 1.3 (`ciphersuites`).
    public internal(set) var cipherSuites: String?
    /// The oldest version (`sslVersionMin`).
    public internal(set) var minimumVersion = TLSVersion.tls12
    /// The newest version (`sslVersionMax`).
    public internal(set) var maximumVersion = TLSVersion.tls13
    /// Switches of TLS (`options`).
    public internal(set) var options: [TLSOption] = []
    /// Options of the three sockets (`socket`).
    public internal(set) var socketOptions: [RelaySocketOption] = []
    /// Seconds for a proxy's answer or a handshake (`TIMEOUTbusy`).
    public internal(set) var busySeconds = 300
    /// Seconds of silence after one side has ended (`TIMEOUTclose`).
    public internal(set) var closeSeconds = 60
    /// Seconds to connect (`TIMEOUTconnect`).
    public internal(set) var connectSeconds = 10
    /// Seconds without a byte in either direction (`TIMEOUTidle`).
    public internal(set) var idleSeconds = 43_200
    /// Whether a service without `accept` starts again when it has ended (`retry`).
    public internal(set) var retries = false
    /// Whether names are first looked up when a connection is made, without a look at the start (`delay`).
    public internal(set) var delaysLookup = false
    /// How much its connections log (`debug`).
    public internal(set) var logLevel = LogLevel.notice

    /// Whether any of the keys asks for a check of the peer's certificate.
    var verifiesCertificate: Bool { verifiesChain || verifiesPeer || (verifyLevel ?? 0) >= 1 }

    /// What a certificate needs to be for, and TLS calls: the proxy's target, or the first host of `connect`.
    public var calledHost: String {
        if negotiation != nil, case .network(let target)? = RelayAddress(parsing: proxy.target, withoutHost: "") {
            return target.host
        }
        guard case .network(let target)? = connect.first else { return "localhost" }
        return target.host
    }
}
