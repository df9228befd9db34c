import Checksums
import RsyncWire

/// Which digests may be used for the password on which connection.
///
/// rsync before 3.2 knows MD5 and MD4 only, and an observer of a proof made with them can try billions of passwords per
/// second. Inside a tunnel no one else sees it, so MD5 is allowed there; MD4, which protocol 30 has replaced, is not
/// needed.
struct DigestPolicy: Sendable {
    /// Whether all digests are allowed everywhere (`--allow-weak-digest`).
    let allowsWeak: Bool

    /// The allowed digests, strongest first.
    ///
    /// - Parameter isProtected: Whether the connection is a tunnel: for a source, one whose other end has been
    ///   verified.
    /// - Returns: Digests that this machine supports.
    func digests(isProtected: Bool) -> [AuthenticationDigest] {
        AuthenticationExchange.available.filter { digest in
            switch digest {
            case .sha512, .sha256, .sha1: true
            case .md5: allowsWeak || isProtected
            case .md4, .md4AfterZeros: allowsWeak
            }
        }
    }
}
