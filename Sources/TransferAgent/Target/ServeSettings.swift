/// What `dvm-target serve` was told, as text.
public struct ServeSettings: Sendable {
    /// `--listen ADDR:PORT`
    public var listen: String
    /// `--listen-plain ADDR:PORT`
    public var listenPlain: String?
    /// `--certificate PEM`
    public var certificate: String
    /// `--private-key PEM`
    public var privateKey: String
    /// `--client-ca PEM`
    public var clientAuthorities: String?
    /// `--volume NAME=PATH`
    public var volumes: [String]
    /// `--credentials FILE`
    public var credentials: String
    /// How many sessions may run at once; further clients are told to come again.
    public var sessionLimit = 32

    /// The settings that have no default.
    public init(listen: String, certificate: String, privateKey: String, volumes: [String], credentials: String) {
        self.listen = listen
        self.certificate = certificate
        self.privateKey = privateKey
        self.volumes = volumes
        self.credentials = credentials
    }
}
