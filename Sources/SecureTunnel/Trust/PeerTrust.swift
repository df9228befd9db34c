/// How a peer is verified.
package enum PeerTrust: Equatable, Sendable {
    /// By a CA in a PEM file; a server must carry the name that was called.
    ///
    /// A certificate that stands in the file itself is trusted whether or not it is an authority. If it also has no
    /// subject alternative name, as those that MTC makes, it needs no name: listing it is a pin (MTC contract 3.3).
    case authorities(pemFile: String)
    /// It shows exactly this certificate: SHA-256 of its DER form, 64 hex digits, colons allowed.
    ///
    /// Names and dates do not matter.
    case pinned(sha256: String)
    /// Its certificate keeps stunnel's rules, as a stunnel configuration states them.
    case rules(CertificateRules)
    /// By our pre-shared key; no certificate is trusted.
    case preSharedKey
    /// Not at all. The caller says so in its log.
    case insecure
}

/// What stunnel asks of a peer's certificate: `verify`, `verifyChain`, `verifyPeer`, `requireCert`, `CAfile`, `CApath`,
/// `checkHost` and `checkIP`, with the meaning they have in stunnel 5.68.
package struct CertificateRules: Equatable, Sendable {
    /// Whether a chain up to a self-signed authority among the trusted certificates is needed (`verifyChain`).
    package var verifiesChain: Bool
    /// Whether the certificate itself must be among the trusted ones, and hold today (`verifyPeer`).
    package var verifiesPeer: Bool
    /// Whether a client may not come without a certificate (`requireCert`); servers always show one.
    package var isRequired: Bool
    /// A PEM file of trusted certificates (`CAfile`).
    package var authoritiesFile: String?
    /// A directory of them, named by `openssl rehash` (`CApath`).
    package var authoritiesDirectory: String?
    /// Names of which the certificate must carry one, such as `x.y.com`, or `.y.com` for any below (`checkHost`).
    ///
    /// Only for certificates that are verified. If this or ``addresses`` is not empty, one match in either is enough.
    package var hosts: [String] = []
    /// Addresses in digits of which the certificate must carry one (`checkIP`).
    package var addresses: [String] = []

    /// States the rules as `verifyChain`, `verifyPeer` and `requireCert` do.
    package init(verifiesChain: Bool = false, verifiesPeer: Bool = false, isRequired: Bool? = nil) {
        self.verifiesChain = verifiesChain
        self.verifiesPeer = verifiesPeer
        self.isRequired = isRequired ?? (verifiesChain || verifiesPeer)
    }

    /// States the rules as stunnel's `verify = LEVEL` does.
    ///
    /// 0 asks for a certificate and ignores it, 1 verifies the chain of one that is shown, 2 wants one and its chain, 3 also
    /// wants it to be trusted itself, 4 only that.
    ///
    /// - Parameter level: Nil comes back for anything but 0 to 4.
    package init?(level: Int) {
        guard (0...4).contains(level) else { return nil }
        self.init(verifiesChain: (1...3).contains(level), verifiesPeer: level >= 3, isRequired: level >= 2)
    }

    /// Whether no certificate is ever refused.
    var ignoresCertificate: Bool { !verifiesChain && !verifiesPeer && hosts.isEmpty && addresses.isEmpty }
}
