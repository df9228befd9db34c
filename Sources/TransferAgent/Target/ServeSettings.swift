/// What `dvm-target serve` was told, as text.
public struct ServeSettings: Sendable {
    /// Where TLS clients come in, of `--listen ADDR:PORT`.
    public var listen: String
    /// Where plain clients come in, of `--listen-plain ADDR:PORT`.
    public var listenPlain: String?
    /// What to show, of `--certificate PEM`; nil only with ``preSharedKeys``.
    public var certificate: String?
    /// The key to it, of `--private-key PEM`.
    public var privateKey: String?
    /// The CAs of clients, of `--client-ca PEM`.
    public var clientAuthorities: String?
    /// The pre-shared keys of clients, of `--psk-file FILE`.
    public var preSharedKeys: String?
    /// Each a volume as `NAME=PATH`, of `--volume`.
    public var volumes: [String]
    /// Who may come in, of `--credentials FILE`.
    public var credentials: String
    /// The longest that a session goes without a sign of life, of `--keep-alive SECONDS`.
    public var keepAlive = KeepAlive.usual
    /// What is promised of a volume that is called complete, of `--durability`.
    public var durability = Durability.power
    /// The longest file that is taken, a quantity of `--max-file-size`.
    public var largestFile = FileSizeLimit.usual
    /// What the file lists of a session may take in memory, a quantity of `--max-list-memory`.
    public var listMemory = "1Gi"
    /// How long a source may send nothing, of `--silence-limit SECONDS`.
    public var silenceLimit = SilenceLimit.usual
    /// Whether the password may be proved by MD4, and by MD5 without TLS, of `--allow-weak-digest`.
    public var allowsWeakDigest = false
    /// How many sessions may run at once; further clients are told to come again.
    public var sessionLimit = 32

    /// The settings that have no default.
    public init(listen: String, certificate: String?, privateKey: String?, volumes: [String], credentials: String) {
        self.listen = listen
        self.certificate = certificate
        self.privateKey = privateKey
        self.volumes = volumes
        self.credentials = credentials
    }
}
