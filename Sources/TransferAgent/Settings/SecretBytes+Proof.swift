import Checksums
import RsyncWire
import SecureTunnel

extension SecretBytes {
    /// How rsync's daemon protocol proves that this password is known.
    ///
    /// - Parameters:
    ///   - challenge: The daemon's.
    ///   - digest: What was agreed on.
    /// - Returns: The proof.
    func proof(_ challenge: [UInt8], _ digest: AuthenticationDigest) -> [UInt8] {
        withBytes { AuthenticationExchange.response(password: $0, challenge: challenge, digest: digest) }
    }
}
