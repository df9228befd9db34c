import SecureTunnel
import Transport

/// One `[service]` of a stunnel configuration: two ends and the TLS between them.
struct StunnelService: Equatable, Sendable {
    /// The settings of an HTTP proxy (`protocol = connect`).
    struct Proxy: Equatable, Sendable {
        /// The host that the proxy should connect to (`protocolHost`).
        var target = ""
        /// `protocolUsername`.
        var user: String?
        /// `protocolPassword`; never logged.
        var password: String?
    }

    /// The name in brackets.
    var name: String
    /// The line of the name, for errors about the whole section.
    var line: Int
    /// Whether TLS is used towards the remote side (`client = yes`) or towards accepted clients.
    var isClient = false
    /// The listening address; nil for a service that runs a program and connects it.
    var accept: RelayAddress?
    /// The addresses to connect to, tried in turn; empty for a service that runs a program instead.
    var connect: [RelayAddress] = []
    /// The program of `exec`; it talks through its standard input and output.
    var program: String?
    /// Its arguments, its own name first (`execArgs`).
    var programArguments: [String] = []
    /// The certificate chain (`cert`).
    var certificateFile: String?
    /// The private key (`key`); nil means the certificate's file.
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
    /// Names of which the peer's certificate must contain one (`checkHost`).
    var checkedHosts: [String] = []
    /// Addresses of which the peer's certificate must contain one (`checkIP`).
    var checkedAddresses: [String] = []
    /// The SNI (`sni`); empty for none, nil for the connected name.
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
    /// Idle seconds after one side has ended (`TIMEOUTclose`).
    var closeSeconds = 60
    /// Seconds to connect (`TIMEOUTconnect`).
    var connectSeconds = 10
    /// Seconds without a byte in either direction (`TIMEOUTidle`).
    var idleSeconds = 43_200
    /// Whether a service without `accept` starts again when it has ended (`retry`).
    var retries = false
    /// Whether names are first looked up when a connection is made, without a lookup at the start (`delay`).
    var delaysLookup = false
    /// The log level of its connections (`debug`).
    var logLevel = LogLevel.notice

    /// Whether any key requires verification of the peer's certificate.
    var verifiesCertificate: Bool { verifiesChain || verifiesPeer || (verifyLevel ?? 0) >= 1 }

    /// The server name for TLS: the proxy's target, or the first host of `connect`.
    var calledHost: String {
        if negotiation != nil, case .network(let target)? = RelayAddress(parsing: proxy.target, withoutHost: "") {
            return target.host
        }
        guard case .network(let target)? = connect.first else { return "localhost" }
        return target.host
    }
}
