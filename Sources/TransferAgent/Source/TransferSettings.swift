package import SecureTunnel

/// What `dvm-source transfer` was told, as text.
package struct TransferSettings: Sendable {
    /// How the target is verified.
    package enum Trust: Sendable, Equatable {
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
    package var volumes: [String]
    /// Where the target listens, of `--target HOST:PORT`.
    package var target: String
    /// How the target is verified, of `--ca`, `--pin`, `--psk-file` or `--insecure`.
    package var trust: Trust
    /// What to show to a target that asks for a certificate, of `--certificate PEM`.
    package var certificate: String?
    /// The key to it, of `--private-key PEM`.
    package var privateKey: String?
    /// The name in the certificate, of `--server-name`; nil for the target's host.
    package var serverName: String?
    /// The proxy, of `--proxy URL`.
    package var proxy: String?
    /// Where the proxy's password stands, of `--proxy-password-file`.
    package var proxyPasswordFile: String?
    /// The proxy's password from the environment, for want of a file.
    package var environmentProxyPassword: SecretBytes?
    /// Whom to call without the proxy, of `--no-proxy LIST`.
    package var noProxy = ""
    /// Who to be, of `--user`.
    package var user = "root"
    /// Where the password stands, of `--password-file`.
    package var passwordFile: String?
    /// The password from the environment, for want of a file.
    package var environmentPassword: SecretBytes?
    /// The longest that this side goes without a sign of life, of `--keep-alive SECONDS`.
    package var keepAlive = KeepAlive.usual
    /// How long the target may send nothing, of `--silence-limit SECONDS`.
    package var silenceLimit = SilenceLimit.usual
    /// Whether the password may be proved by MD4, and by MD5 to a target that was not verified, of `--allow-weak-digest`.
    package var allowsWeakDigest = false
    /// The time for each of: connecting, the proxy's answer, the TLS handshake.
    package var stepLimit = Duration.seconds(20)
    /// Whether to delete at the target what is not here, of `--delete`.
    package var delete = true
    /// Whether to compare by checksum, of `--checksum`.
    package var checksum = false
    /// How to compress, of `--compress CHOICE`.
    package var compress: String?
    /// What the check before the first byte refuses, of `--check`.
    package var check = CheckPolicy.fit
    /// What to do when there is not enough room for the usual way, of `--when-tight`.
    package var whenTight = TightPolicy.refuse
    /// The longest file that is sent, a quantity of `--max-file-size`.
    package var largestFile = FileSizeLimit.usual
    /// Which job this is, of `--job`; nil for one that is unlike all others.
    package var job: String?
    /// How long to wait for a volume that somebody else writes to, of `--wait SECONDS`.
    package var wait = Duration.zero
    /// Whether a source without entries may empty the target, of `--allow-empty-source`.
    package var allowEmptySource = false
    /// The share of the target's entries, in percent, beyond which nothing is deleted, of `--delete-limit`.
    package var deleteLimit = 50
    /// The most to send per second, of `--bwlimit RATE`.
    package var bandwidthLimit: String?

    /// The settings that have no default.
    package init(volumes: [String], target: String, trust: Trust) {
        self.volumes = volumes
        self.target = target
        self.trust = trust
    }
}
