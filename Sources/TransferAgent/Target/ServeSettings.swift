/// The settings of `dvm-target serve`, as text.
package struct ServeSettings: Sendable {
    /// The address for TLS clients, of `--listen ADDR:PORT`.
    package var listen: String
    /// The address for plain clients, of `--listen-plain ADDR:PORT`.
    package var listenPlain: String?
    /// The certificate, of `--certificate PEM`; nil only with ``preSharedKeys``.
    package var certificate: String?
    /// Its key, of `--private-key PEM`.
    package var privateKey: String?
    /// The CAs of clients, of `--client-ca PEM`.
    package var clientAuthorities: String?
    /// The pre-shared keys of clients, of `--psk-file FILE`.
    package var preSharedKeys: String?
    /// Each a volume as `NAME=PATH`, of `--volume`.
    package var volumes: [String]
    /// The users, of `--credentials FILE`.
    package var credentials: String
    /// Whether secrets that their group or others can read are refused, of `--strict-secrets`.
    package var strictSecrets = false
    /// The longest that a session goes without a keep-alive, of `--keep-alive SECONDS`.
    package var keepAlive = KeepAlive.usual
    /// The guarantee for a complete volume, of `--durability`.
    package var durability = Durability.power
    /// The longest file that is accepted, a quantity of `--max-file-size`.
    package var largestFile = FileSizeLimit.usual
    /// The memory limit of a session's file lists, a quantity of `--max-list-memory`.
    package var listMemory = "1Gi"
    /// How long a source may send nothing, of `--silence-limit SECONDS`.
    package var silenceLimit = SilenceLimit.usual
    /// Whether MD4 may be used for the password, and by MD5 without TLS, of `--allow-weak-digest`.
    package var allowsWeakDigest = false
    /// How many sessions may run at once; further clients are told to try again.
    package var sessionLimit = 32

    /// The settings that have no default.
    package init(listen: String, certificate: String?, privateKey: String?, volumes: [String], credentials: String) {
        self.listen = listen
        self.certificate = certificate
        self.privateKey = privateKey
        self.volumes = volumes
        self.credentials = credentials
    }
}
