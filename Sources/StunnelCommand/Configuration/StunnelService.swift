import SecureTunnel
import Transport

/// One `[service]` of a stunnel configuration: two ends and the TLS between them.
struct StunnelService: Equatable, Sendable {
    /// What goes through an HTTP proxy (`protocol = connect`).
    struct Proxy: Equatable, Sendable {
        /// Whom the proxy shall call (`protocolHost`).
        var target = ""
        /// `protocolUsername`.
        var user: String?
        /// `protocolPassword`; never logged.
        var password: String?
    }

    /// The name in brackets.
    var name: String
    /// The line of the name, for faults of the section as a whole.
    var line: Int
    /// Whether TLS is spoken with the remote side (`client = yes`) or with whom we accept.
    var isClient = false
    /// Where connections come in; nil for a service that runs a program and connects it.
    var accept: RelayAddress?
    /// Whom to call, tried in turn; empty for a service that runs a program instead.
    var connect: [RelayAddress] = []
    /// The program of `exec`; it talks through its standard input and output.
    var program: String?
    /// Its arguments, its own name first (`execArgs`).
    var programArguments: [String] = []
    /// The certificate chain (`cert`).
    var certificateFile: String?
    /// The private key; nil stands for the certificate's file (`key`).
    var keyFile: String?
    /// Trusted certificates (`CAfile`).
    var authoritiesFile: String?
    /// A directory of trusted certificates (`CApath`).
    var authoritiesDirectory: String?
    /// `verify`, 0 to 4; nil when the key is not there.
    var verifyLevel: Int?
    /// `verifyChain`.
    var verifiesChain = false
    /// `verifyPeer`.
    var verifiesPeer = false
    /// Names of which the peer's certificate must carry one (`checkHost`).
    var checkedHosts: [String] = []
    /// Addresses of which the peer's certificate must carry one (`checkIP`).
    var checkedAddresses: [String] = []
    /// The name sent in the clear (`sni`); empty sends none, nil the name that is called.
    var serverName: String?
    /// `protocol`, in lower case; only `connect` is known.
    var negotiation: String?
    /// The settings of `protocol = connect`.
    var proxy = Proxy()
    /// A file of pre-shared keys (`PSKsecrets`).
    var keysFile: String?
    /// Which of the keys a client uses (`PSKidentity`).
    var keyIdentity: String?
    /// Ciphers of TLS 1.2 (`ciphers`).
    var ciphers: String?
    /// Cipher suites of TLS 1.3 (`ciphersuites`).
    var cipherSuites: String?
    /// The oldest version (`sslVersionMin`).
    var minimumVersion = TLSVersion.tls12
    /// The newest version (`sslVersionMax`).
    var maximumVersion = TLSVersion.tls13
    /// Switches of TLS (`options`).
    var options: [TLSOption] = []
    /// Options of the three sockets (`socket`).
    var socketOptions: [RelaySocketOption] = []
    /// Seconds for a proxy's answer or a handshake (`TIMEOUTbusy`).
    var busySeconds = 300
    /// Seconds of silence after one side has ended (`TIMEOUTclose`).
    var closeSeconds = 60
    /// Seconds to connect (`TIMEOUTconnect`).
    var connectSeconds = 10
    /// Seconds without a byte in either direction (`TIMEOUTidle`).
    var idleSeconds = 43_200
    /// Whether a service without `accept` starts again when it has ended (`retry`).
    var retries = false
    /// Whether names are first looked up when a connection is made, without a look at the start (`delay`).
    var delaysLookup = false
    /// How much its connections log (`debug`).
    var logLevel = LogLevel.notice

    /// Whether any of the keys asks for a check of the peer's certificate.
    var verifiesCertificate: Bool { verifiesChain || verifiesPeer || (verifyLevel ?? 0) >= 1 }

    /// What a certificate needs to be for, and TLS calls: the proxy's target, or the first host of `connect`.
    var calledHost: String {
        if negotiation != nil, case .network(let target)? = RelayAddress(parsing: proxy.target, withoutHost: "") {
            return target.host
        }
        guard case .network(let target)? = connect.first else { return "localhost" }
        return target.host
    }
}
