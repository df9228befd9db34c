/// What `dvm-target serve` was told, as text.
package struct ServeSettings: Sendable {
    /// Where TLS clients come in, of `--listen ADDR:PORT`.
    package var listen: String
    /// Where plain clients come in, of `--listen-plain ADDR:PORT`.
    package var listenPlain: String?
    /// What to show, of `--certificate PEM`; nil only with ``preSharedKeys``.
    package var certificate: String?
    /// The key to it, of `--private-key PEM`.
    package var privateKey: String?
    /// The CAs of clients, of `--client-ca PEM`.
    package var clientAuthorities: String?
    /// The pre-shared keys of clients, of `--psk-file FILE`.
    package var preSharedKeys: String?
    /// Each a volume as `NAME=PATH`, of `--volume`.
    package var volumes: [String]
    /// Who may come in, of `--credentials FILE`.
    package var credentials: String
    /// The longest that a session goes without a sign of life, of `--keep-alive SECONDS`.
    package var keepAlive = KeepAlive.usual
    /// What is promised of a volume that is called complete, of `--durability`.
    package var durability = Durability.power
    /// The longest file that is taken, a quantity of `--max-file-size`.
    package var largestFile = FileSizeLimit.usual
    /// What the file lists of a session may take in memory, a quantity of `--max-list-memory`.
    package var listMemory = "1Gi"
    /// How long a source may send nothing, of `--silence-limit SECONDS`.
    package var silenceLimit = SilenceLimit.usual
    /// Whether the password may be proved by MD4, and by MD5 without TLS, of `--allow-weak-digest`.
    package var allowsWeakDigest = false
    /// How many sessions may run at once; further clients are told to come again.
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
