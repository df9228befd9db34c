import SecureTunnel
import Transport

/// A service with its files loaded, ready to make connections.
struct RelayService: Sendable {
    /// Its section of the configuration.
    let settings: StunnelService
    /// Certificates, keys and rules.
    let context: TLSContext

    /// Warnings.
    let warnings: [String]

    /// Reads the files of a section.
    init(_ settings: StunnelService) throws(SecureTunnelError) {
        self.settings = settings
        var warnings: [String] = []
        var keys: PreSharedKeys?
        if let file = settings.keysFile {
            // Stunnel also accepts a file that others can read, with a warning.
            let read = try PreSharedKeys(file: file, exposure: .warned)
            if let warning = read.warning { warnings.append(warning) }
            keys = read
        }
        if settings.isClient {
            context = try TLSContext(client: settings.clientConfiguration(keys))
        } else {
            context = try TLSContext(server: settings.serverConfiguration(keys))
        }
        if settings.isClient, !settings.verifiesCertificate, keys == nil {
            warnings.append("the server's certificate is not verified: anyone on the path can read the data")
        }
        self.warnings = warnings
    }
}

extension StunnelService {
    private var identity: TLSIdentity? {
        certificateFile.map { TLSIdentity(certificateChainFile: $0, privateKeyFile: keyFile ?? $0) }
    }

    private var parameters: TLSParameters {
        var parameters = TLSParameters()
        parameters.minimumVersion = minimumVersion
        parameters.maximumVersion = maximumVersion
        parameters.ciphers = ciphers
        parameters.cipherSuites = cipherSuites
        parameters.options = options
        return parameters
    }

    /// What the verification keys require; nil when there are none.
    private var rules: CertificateRules? {
        guard verifyLevel != nil || verifiesChain || verifiesPeer else { return nil }
        let level = verifyLevel.flatMap { CertificateRules(level: $0) }
        var rules = CertificateRules(
            verifiesChain: verifiesChain || (level?.verifiesChain ?? false),
            verifiesPeer: verifiesPeer || (level?.verifiesPeer ?? false),
            isRequired: verifiesChain || verifiesPeer || (level?.isRequired ?? false)
        )
        rules.authoritiesFile = authoritiesFile
        rules.authoritiesDirectory = authoritiesDirectory
        rules.hosts = checkedHosts
        rules.addresses = checkedAddresses
        return rules
    }

    /// The settings of a TLS client.
    fileprivate func clientConfiguration(_ keys: PreSharedKeys?) -> TLSClientConfiguration {
        let trust: PeerTrust =
            verifiesCertificate
            ? rules.map { .rules($0) } ?? .insecure
            : keysFile == nil ? .insecure : .preSharedKey
        var configuration = TLSClientConfiguration(trust: trust, identity: identity)
        configuration.preSharedKeys = keys
        configuration.preSharedKeyIdentity = keyIdentity
        if let serverName {
            configuration.serverNameIndication = serverName.isEmpty ? .none : .name(serverName)
        }
        configuration.parameters = parameters
        return configuration
    }

    /// The settings of a TLS server.
    fileprivate func serverConfiguration(_ keys: PreSharedKeys?) -> TLSServerConfiguration {
        var configuration = TLSServerConfiguration(
            identity: identity,
            clientTrust: rules.map { .rules($0) },
            preSharedKeys: keys
        )
        configuration.parameters = parameters
        return configuration
    }
}
