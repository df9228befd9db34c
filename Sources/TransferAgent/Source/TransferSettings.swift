package import SecureTunnel

/// The settings of `dvm-source transfer`, as text.
package struct TransferSettings: Sendable {
    /// How the target is verified.
    package enum Trust: Sendable, Equatable {
        /// A PEM file of CAs.
        case authorities(String)
        /// The SHA-256 of its certificate.
        case pin(String)
        /// It knows the first key in a file of `IDENTITY:KEY` lines.
        case preSharedKey(String)
        /// The target is not verified.
        case insecure
    }

    /// Each a volume as `NAME[:TARGET]=PATH`, of `--volume`.
    package var volumes: [String]
    /// The occasion, of `--pass`; nil for none in particular.
    package var kind: PassKind?
    /// The file of the pass's record, of `--record`; nil for none.
    package var recordFile: String?
    /// The commands that are run before and after the pass.
    package var hooks = HookSettings()
    /// How volumes are transferred.
    package var pass = PassSettings()
    /// The groups that this process should have, of `--supplemental-groups`.
    package var supplementalGroups: [Int] = []
    /// The user to become once secrets are read, of `--run-as UID[:GID]`; nil to stay.
    package var runAs: String?
    /// The volumes, by name, that are transferred otherwise.
    package var otherPasses: [String: PassSettings] = [:]
    /// How many volumes are transferred at the same time, of `--parallel`.
    package var parallel = 1
    /// Where the target listens, of `--target HOST:PORT`.
    package var target: String
    /// How the target is verified, of `--ca`, `--pin`, `--psk-file` or `--insecure`.
    package var trust: Trust
    /// The certificate to present to a target that requests one, of `--certificate PEM`.
    package var certificate: String?
    /// Its key, of `--private-key PEM`.
    package var privateKey: String?
    /// The name in the certificate, of `--server-name`; nil for the target's host.
    package var serverName: String?
    /// The proxy, of `--proxy URL`.
    package var proxy: String?
    /// Whether it was on the command line, where every user of this host sees a password in it.
    package var isProxyOnCommandLine = true
    /// The file with the proxy's password, of `--proxy-password-file`.
    package var proxyPasswordFile: String?
    /// The proxy's password from the environment, used without a file.
    package var environmentProxyPassword: SecretBytes?
    /// The hosts to connect to without the proxy, of `--no-proxy LIST`.
    package var noProxy = ""
    /// The user name, of `--user`.
    package var user = "root"
    /// The file with the password, of `--password-file`.
    package var passwordFile: String?
    /// The password from the environment, used without a file.
    package var environmentPassword: SecretBytes?
    /// Whether secrets that their group or others can read are refused, of `--strict-secrets`.
    package var strictSecrets = false
    /// The longest that this side goes without a keep-alive, of `--keep-alive SECONDS`.
    package var keepAlive = KeepAlive.usual
    /// How long the target may send nothing, of `--silence-limit SECONDS`.
    package var silenceLimit = SilenceLimit.usual
    /// Whether MD4 may be used for the password, and by MD5 to a target that was not verified, of
    /// `--allow-weak-digest`.
    package var allowsWeakDigest = false
    /// The time for each of: connecting, the proxy's answer, the TLS handshake; of `--connect-timeout SECONDS`.
    package var stepLimit = Duration.seconds(20)
    /// The job's name, of `--job-name`; nil for a unique one.
    package var job: String?

    /// The files of secrets and certificates.
    var secretFiles: [String?] {
        let ofTrust: String? =
            switch trust {
            case .authorities(let file), .preSharedKey(let file): file
            case .pin, .insecure: nil
            }
        return [ofTrust, certificate, privateKey, passwordFile, proxyPasswordFile]
    }

    /// As whom the process works.
    ///
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``.
    package func identity() throws(AgentError) -> ProcessIdentity {
        try ProcessIdentity(runAs: runAs, groups: supplementalGroups)
    }

    /// The settings that have no default.
    package init(volumes: [String], target: String, trust: Trust) {
        self.volumes = volumes
        self.target = target
        self.trust = trust
    }
}
