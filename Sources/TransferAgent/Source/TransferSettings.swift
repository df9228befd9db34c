/// What `dvm-source transfer` was told, as text.
public struct TransferSettings: Sendable {
    /// Why the target is believed to be who it is.
    public enum Trust: Sendable, Equatable {
        /// A PEM file of authorities.
        case authorities(String)
        /// The SHA-256 of its certificate.
        case pin(String)
        /// Anybody is believed.
        case insecure
    }

    /// `--volume NAME=PATH`
    public var volumes: [String]
    /// `--target HOST:PORT`
    public var target: String
    /// `--ca`, `--pin` or `--insecure`
    public var trust: Trust
    /// `--server-name`; nil for the target's host.
    public var serverName: String?
    /// `--proxy URL`
    public var proxy: String?
    /// `--no-proxy LIST`
    public var noProxy = ""
    /// `--user`
    public var user = "root"
    /// `--password-file`
    public var passwordFile: String?
    /// The password from the environment, for want of a file.
    public var environmentPassword: String?
    /// `--delete`
    public var delete = true
    /// `--checksum`
    public var checksum = false
    /// `--compress CHOICE`
    public var compress: String?
    /// `--bwlimit RATE`
    public var bandwidthLimit: String?

    /// The settings that have no default.
    public init(volumes: [String], target: String, trust: Trust) {
        self.volumes = volumes
        self.target = target
        self.trust = trust
    }
}
