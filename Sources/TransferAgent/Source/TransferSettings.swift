public import SecureTunnel

/// What `dvm-source transfer` was told, as text.
public struct TransferSettings: Sendable {
    /// How the target is verified.
    public enum Trust: Sendable, Equatable {
        /// A PEM file of authorities.
        case authorities(String)
        /// The SHA-256 of its certificate.
        case pin(String)
        /// It knows the first key in a file of `IDENTITY:KEY` lines.
        case preSharedKey(String)
        /// The target is not verified.
        case insecure
    }

    /// Each a volume as `NAME=PATH`, of `--volume`.
    public var volumes: [String]
    /// Where the target listens, of `--target HOST:PORT`.
    public var target: String
    /// How the target is verified, of `--ca`, `--pin`, `--psk-file` or `--insecure`.
    public var trust: Trust
    /// What to show to a target that asks for a certificate, of `--certificate PEM`.
    public var certificate: String?
    /// The key to it, of `--private-key PEM`.
    public var privateKey: String?
    /// The name in the certificate, of `--server-name`; nil for the target's host.
    public var serverName: String?
    /// The proxy, of `--proxy URL`.
    public var proxy: String?
    /// Where the proxy's password stands, of `--proxy-password-file`.
    public var proxyPasswordFile: String?
    /// The proxy's password from the environment, for want of a file.
    public var environmentProxyPassword: SecretBytes?
    /// Whom to call without the proxy, of `--no-proxy LIST`.
    public var noProxy = ""
    /// Who to be, of `--user`.
    public var user = "root"
    /// Where the password stands, of `--password-file`.
    public var passwordFile: String?
    /// The password from the environment, for want of a file.
    public var environmentPassword: SecretBytes?
    /// The longest that this side goes without a sign of life, of `--keep-alive SECONDS`.
    public var keepAlive = KeepAlive.usual
    /// How long the target may send nothing, of `--silence-limit SECONDS`.
    public var silenceLimit = SilenceLimit.usual
    /// Whether the password may be proved by MD4, and by MD5 to a target that was not verified, of `--allow-weak-digest`.
    public var allowsWeakDigest = false
    /// The time for each of: connecting, the proxy's answer, the TLS handshake.
    public var stepLimit = Duration.seconds(20)
    /// Whether to delete at the target what is not here, of `--delete`.
    public var delete = true
    /// Whether to compare by checksum, of `--checksum`.
    public var checksum = false
    /// How to compress, of `--compress CHOICE`.
    public var compress: String?
    /// What the check before the first byte refuses, of `--check`.
    public var check = CheckPolicy.fit
    /// What to do when there is not enough room for the usual way, of `--when-tight`.
    public var whenTight = TightPolicy.refuse
    /// The longest file that is sent, a quantity of `--max-file-size`.
    public var largestFile = FileSizeLimit.usual
    /// Which job this is, of `--job`; nil for one that is unlike all others.
    public var job: String?
    /// How long to wait for a volume that somebody else writes to, of `--wait SECONDS`.
    public var wait = Duration.zero
    /// Whether a source without entries may empty the target, of `--allow-empty-source`.
    public var allowEmptySource = false
    /// The share of the target's entries, in percent, beyond which nothing is deleted, of `--delete-limit`.
    public var deleteLimit = 50
    /// The most to send per second, of `--bwlimit RATE`.
    public var bandwidthLimit: String?

    /// The settings that have no default.
    public init(volumes: [String], target: String, trust: Trust) {
        self.volumes = volumes
        self.target = target
        self.trust = trust
    }
}
