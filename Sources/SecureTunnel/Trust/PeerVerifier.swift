import COpenSSL

/// Verifies the peer's certificate during the handshake, and records why it was rejected.
///
/// ## Concurrency model
/// One verifier serves one connection; OpenSSL calls it inside a handshake step, which the engine's lock guards.
final class PeerVerifier {
    private let trust: PeerTrust?
    private let expectedName: String?
    /// Why the certificate was rejected; nil if it was not.
    private(set) var failure: SecureTunnelError?
    /// What was presented, if peers are not verified; otherwise nil.
    private(set) var shown: ShownCertificate?

    /// Creates a verifier for one connection.
    ///
    /// - Parameters:
    ///   - trust: How the peer is verified; nil when it need not present anything.
    ///   - expectedName: The name that the certificate must contain; nil for clients of a server, which have no name.
    init(trust: PeerTrust?, expectedName: String?) {
        self.trust = trust
        self.expectedName = expectedName
    }

    /// Verifies; the result becomes the callback's.
    func accepts(_ chain: PresentedChain) -> Bool {
        if case .insecure = trust { shown = ShownCertificate(chain.certificate, called: expectedName) }
        let isAccepted =
            switch trust {
            case nil, .insecure: true
            case .pinned(let expected): isPinned(chain, expected)
            case .authorities: isChainSound(chain) && hasExpectedName(chain)
            case .rules(let rules): keeps(rules, chain)
            case .preSharedKey: refuseEveryCertificate(chain)
            }
        if isAccepted { chain.verdict = X509_V_OK }
        return isAccepted
    }

    /// Rejects a peer that presented no certificate.
    func refuseNothing() { failure = .noCertificate }

    private func isPinned(_ chain: PresentedChain, _ expected: String) -> Bool {
        let seen = chain.certificate.sha256
        guard seen != expected else { return true }
        refuse(chain, .pinMismatch(expected: expected, seen: seen), X509_V_ERR_CERT_UNTRUSTED)
        return false
    }

    private func isChainSound(_ chain: PresentedChain) -> Bool {
        guard !chain.verify() else { return true }
        failure = refusal(chain)
        return false
    }

    private func refuseEveryCertificate(_ chain: PresentedChain) -> Bool {
        let shown = chain.certificate.subject
        let reason = "a pre-shared key is required, not a certificate"
        refuse(chain, .certificateRefused(subject: shown, reason: reason), X509_V_ERR_CERT_UNTRUSTED)
        return false
    }

    /// Verifies as stunnel does.
    private func keeps(_ rules: CertificateRules, _ chain: PresentedChain) -> Bool {
        if rules.verifiesChain {
            guard isChainSound(chain) else { return false }
        }
        if rules.verifiesPeer {
            guard isListed(chain) && isValidNow(chain) else { return false }
        }
        guard !rules.hosts.isEmpty || !rules.addresses.isEmpty else { return true }
        let certificate = chain.certificate
        if rules.hosts.contains(where: { certificate.isFor(name: $0) }) { return true }
        if rules.addresses.contains(where: { certificate.isFor(address: $0) }) { return true }
        let wanted = rules.hosts + rules.addresses
        let expected = wanted.joined(separator: " or ")
        refuse(
            chain,
            .wrongName(expected: expected, presented: certificate.names),
            X509_V_ERR_HOSTNAME_MISMATCH
        )
        return false
    }

    /// Whether the certificate itself is a trusted one.
    private func isListed(_ chain: PresentedChain) -> Bool {
        guard !chain.isListed else { return true }
        let subject = chain.certificate.subject
        refuse(
            chain,
            .certificateRefused(subject: subject, reason: "it is not itself a trusted certificate"),
            X509_V_ERR_CERT_UNTRUSTED
        )
        return false
    }

    /// Whether the certificate is valid now, if its chain is not verified.
    private func isValidNow(_ chain: PresentedChain) -> Bool {
        let certificate = chain.certificate
        let subject = certificate.subject
        if chain.hasExpired {
            let error = SecureTunnelError.certificateExpired(subject: subject, until: certificate.notAfter)
            refuse(chain, error, X509_V_ERR_CERT_HAS_EXPIRED)
            return false
        }
        if chain.isNotYetValid {
            let error = SecureTunnelError.certificateNotYetValid(subject: subject, from: certificate.notBefore)
            refuse(chain, error, X509_V_ERR_CERT_NOT_YET_VALID)
            return false
        }
        return true
    }

    private func hasExpectedName(_ chain: PresentedChain) -> Bool {
        guard let expectedName else { return true }
        let certificate = chain.certificate
        // A chain of one means that the certificate itself is listed as trusted (see PeerTrust.authorities).
        if chain.isAlone, !certificate.hasAlternativeName { return true }
        guard !certificate.isFor(expectedName) else { return true }
        let reason = isAddress(expectedName) ? X509_V_ERR_IP_ADDRESS_MISMATCH : X509_V_ERR_HOSTNAME_MISMATCH
        refuse(chain, .wrongName(expected: expectedName, presented: certificate.names), reason)
        return false
    }

    /// Records the rejection and sets the error code from which OpenSSL chooses the alert.
    private func refuse(_ chain: PresentedChain, _ error: SecureTunnelError, _ number: Int32) {
        failure = error
        chain.verdict = number
    }

    /// Converts OpenSSL's verdict to our error.
    private func refusal(_ chain: PresentedChain) -> SecureTunnelError {
        let number = chain.verdict
        let current = chain.current
        switch number {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return .certificateExpired(subject: current.subject, until: current.notAfter)
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return .certificateNotYetValid(subject: current.subject, from: current.notBefore)
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_SIGNATURE_FAILURE:
            return .unknownAuthority(issuer: current.issuer, subject: current.subject)
        default:
            let reason = PresentedChain.text(of: number)
            return .certificateRefused(subject: current.subject, reason: reason ?? "error \(number)")
        }
    }
}
