/// How a peer is verified.
package enum PeerTrust: Equatable, Sendable {
    /// By a CA in a PEM file; a server's certificate must contain the connected name.
    ///
    /// A certificate in the file itself is trusted whether or not it is a CA. If it also has no
    /// subject alternative name, as those that MTC makes, its name is not checked: listing it is a pin (MTC contract
    /// 3.3).
    case authorities(pemFile: String)
    /// By exactly this certificate: SHA-256 of its DER form, 64 hex digits, colons allowed.
    ///
    /// Names and dates do not matter.
    case pinned(sha256: String)
    /// By stunnel's rules, as in a stunnel configuration.
    case rules(CertificateRules)
    /// By our pre-shared key; no certificate is trusted.
    case preSharedKey
    /// Not at all. The caller logs that.
    case insecure
}

/// stunnel's requirements for a peer's certificate: `verify`, `verifyChain`, `verifyPeer`, `requireCert`, `CAfile`,
/// `CApath`, `checkHost` and `checkIP`, with the meaning they have in stunnel 5.68.
package struct CertificateRules: Equatable, Sendable {
    /// Whether a chain up to a trusted self-signed CA is required (`verifyChain`).
    package var verifiesChain: Bool
    /// Whether the certificate itself must be among the trusted ones, and be valid now (`verifyPeer`).
    package var verifiesPeer: Bool
    /// Whether a client must present a certificate (`requireCert`); servers always do.
    package var isRequired: Bool
    /// A PEM file of trusted certificates (`CAfile`).
    package var authoritiesFile: String?
    /// A directory of them, named by `openssl rehash` (`CApath`).
    package var authoritiesDirectory: String?
    /// Names of which the certificate must contain one, such as `x.y.com`, or `.y.com` for any below (`checkHost`).
    ///
    /// Only for certificates that are verified. If this or ``addresses`` is not empty, one match in either is
    /// sufficient.
    package var hosts: [String] = []
    /// Numeric addresses of which the certificate must contain one (`checkIP`).
    package var addresses: [String] = []

    /// The rules of `verifyChain`, `verifyPeer` and `requireCert`.
    package init(verifiesChain: Bool = false, verifiesPeer: Bool = false, isRequired: Bool? = nil) {
        self.verifiesChain = verifiesChain
        self.verifiesPeer = verifiesPeer
        self.isRequired = isRequired ?? (verifiesChain || verifiesPeer)
    }

    /// The rules of stunnel's `verify = LEVEL`.
    ///
    /// 0 requests a certificate and ignores it, 1 verifies the chain of one that is presented, 2 requires one and its
    /// chain, 3 also requires it to be trusted itself, 4 only that.
    ///
    /// - Parameter level: 0 to 4; the result is nil for anything else.
    package init?(level: Int) {
        guard (0...4).contains(level) else { return nil }
        self.init(verifiesChain: (1...3).contains(level), verifiesPeer: level >= 3, isRequired: level >= 2)
    }

    /// Whether no certificate is ever rejected.
    var ignoresCertificate: Bool { !verifiesChain && !verifiesPeer && hosts.isEmpty && addresses.isEmpty }
}
