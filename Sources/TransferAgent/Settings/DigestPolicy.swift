import Checksums
import RsyncWire

/// Which digests may prove a password on which connection.
///
/// rsync before 3.2 knows MD5 and MD4 only, and whoever sees a proof made with them can try passwords at billions a
/// second. Inside a tunnel nobody else sees it, so MD5 goes there; nobody needs MD4, which protocol 30 has replaced.
struct DigestPolicy: Sendable {
    /// Whether all go everywhere, of `--allow-weak-digest`.
    let allowsWeak: Bool

    /// What may be used, strongest first.
    ///
    /// - Parameter isProtected: Whether the connection is a tunnel: for a source, one whose other end has been verified.
    /// - Returns: Digests that this machine knows.
    func digests(isProtected: Bool) -> [AuthenticationDigest] {
        AuthenticationExchange.available.filter { digest in
            switch digest {
            case .sha512, .sha256, .sha1: true
            case .md5: allowsWeak || isProtected
            case .md4: allowsWeak
            }
        }
    }
}
