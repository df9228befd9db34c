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
    fileprivate func accepts(_ chain: OpaquePointer) -> Bool {
        guard let leaf = unsafe X509_STORE_CTX_get0_cert(chain) else {
            unsafe refuse(
                chain,
                .certificateRefused(subject: "nobody", reason: "none was shown"),
                X509_V_ERR_UNSPECIFIED
            )
            return false
        }
        if case .insecure = trust {
            shown = unsafe ShownCertificate(PeerCertificate(borrowing: leaf), called: expectedName)
        }
        let isAccepted =
            switch trust {
            case nil, .insecure: true
            case .pinned(let expected): unsafe isPinned(chain, leaf, expected)
            case .authorities: unsafe isChainSound(chain, leaf) && hasExpectedName(chain, leaf)
            case .rules(let rules): unsafe keeps(rules, chain, leaf)
            case .preSharedKey: unsafe refuseEveryCertificate(chain, leaf)
            }
        if isAccepted { unsafe X509_STORE_CTX_set_error(chain, X509_V_OK) }
        return isAccepted
    }

    private func isPinned(_ chain: OpaquePointer, _ leaf: OpaquePointer, _ expected: String) -> Bool {
        let seen = unsafe PeerCertificate(borrowing: leaf).sha256
        guard seen != expected else { return true }
        unsafe refuse(chain, .pinMismatch(expected: expected, seen: seen), X509_V_ERR_CERT_UNTRUSTED)
        return false
    }

    private func isChainSound(_ chain: OpaquePointer, _ leaf: OpaquePointer) -> Bool {
        guard unsafe X509_verify_cert(chain) != 1 else { return true }
        failure = unsafe refusal(chain, leaf)
        return false
    }

    private func refuseEveryCertificate(_ chain: OpaquePointer, _ leaf: OpaquePointer) -> Bool {
        let shown = unsafe PeerCertificate(borrowing: leaf).subject
        let reason = "a certificate was shown where a pre-shared key is wanted"
        unsafe refuse(chain, .certificateRefused(subject: shown, reason: reason), X509_V_ERR_CERT_UNTRUSTED)
        return false
    }

    /// Verifies as stunnel does.
    private func keeps(_ rules: CertificateRules, _ chain: OpaquePointer, _ leaf: OpaquePointer) -> Bool {
        if rules.verifiesChain {
            guard unsafe isChainSound(chain, leaf) else { return false }
        }
        if rules.verifiesPeer {
            guard unsafe isListed(chain, leaf) && isValidNow(chain, leaf) else { return false }
        }
        guard !rules.hosts.isEmpty || !rules.addresses.isEmpty else { return true }
        let certificate = unsafe PeerCertificate(borrowing: leaf)
        if rules.hosts.contains(where: { certificate.isFor(name: $0) }) { return true }
        if rules.addresses.contains(where: { certificate.isFor(address: $0) }) { return true }
        let wanted = rules.hosts + rules.addresses
        let expected = wanted.joined(separator: " or ")
        unsafe refuse(
            chain,
            .wrongName(expected: expected, presented: certificate.names),
            X509_V_ERR_HOSTNAME_MISMATCH
        )
        return false
    }

    /// Whether the certificate itself is among the trusted ones.
    private func isListed(_ chain: OpaquePointer, _ leaf: OpaquePointer) -> Bool {
        let trusted = unsafe X509_STORE_CTX_get1_certs(chain, X509_get_subject_name(leaf))
        var isListed = false
        while let other = unsafe OPENSSL_sk_pop(trusted) {
            let certificate = OpaquePointer(other)
            if unsafe X509_cmp(certificate, leaf) == 0 { isListed = true }
            unsafe X509_free(certificate)
        }
        unsafe OPENSSL_sk_free(trusted)
        guard !isListed else { return true }
        let subject = unsafe PeerCertificate(borrowing: leaf).subject
        unsafe refuse(
            chain,
            .certificateRefused(subject: subject, reason: "it is not itself among the trusted ones"),
            X509_V_ERR_CERT_UNTRUSTED
        )
        return false
    }

    /// Whether the certificate is valid now, if its chain is not verified.
    private func isValidNow(_ chain: OpaquePointer, _ leaf: OpaquePointer) -> Bool {
        let certificate = unsafe PeerCertificate(borrowing: leaf)
        let subject = certificate.subject
        if unsafe X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0 {
            let error = SecureTunnelError.certificateExpired(subject: subject, until: certificate.notAfter)
            unsafe refuse(chain, error, X509_V_ERR_CERT_HAS_EXPIRED)
            return false
        }
        if unsafe X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0 {
            let error = SecureTunnelError.certificateNotYetValid(subject: subject, from: certificate.notBefore)
            unsafe refuse(chain, error, X509_V_ERR_CERT_NOT_YET_VALID)
            return false
        }
        return true
    }

    private func hasExpectedName(_ chain: OpaquePointer, _ leaf: OpaquePointer) -> Bool {
        guard let expectedName else { return true }
        let certificate = unsafe PeerCertificate(borrowing: leaf)
        // A chain of one means that the certificate itself is listed as trusted (see PeerTrust.authorities).
        let isListed = unsafe OPENSSL_sk_num(X509_STORE_CTX_get0_chain(chain)) == 1
        if isListed, !certificate.hasAlternativeName { return true }
        guard !certificate.isFor(expectedName) else { return true }
        let reason = isAddress(expectedName) ? X509_V_ERR_IP_ADDRESS_MISMATCH : X509_V_ERR_HOSTNAME_MISMATCH
        unsafe refuse(chain, .wrongName(expected: expectedName, presented: certificate.names), reason)
        return false
    }

    /// Records the rejection and sets the error code from which OpenSSL chooses the alert.
    private func refuse(_ chain: OpaquePointer, _ error: SecureTunnelError, _ number: Int32) {
        failure = error
        unsafe X509_STORE_CTX_set_error(chain, number)
    }

    /// Converts OpenSSL's verdict to our error.
    private func refusal(_ chain: OpaquePointer, _ leaf: OpaquePointer) -> SecureTunnelError {
        let number = unsafe X509_STORE_CTX_get_error(chain)
        let current = unsafe PeerCertificate(borrowing: X509_STORE_CTX_get_current_cert(chain) ?? leaf)
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
            let reason = unsafe X509_verify_cert_error_string(Int(number)).map { unsafe String(cString: $0) }
            return .certificateRefused(subject: current.subject, reason: reason ?? "error \(number)")
        }
    }
}

/// OpenSSL's verification callback: finds the connection's verifier through the `SSL` object.
func verifyPeer(_ chain: OpaquePointer?, _ unused: UnsafeMutableRawPointer?) -> Int32 {
    guard let chain = unsafe chain,
        let connection = unsafe X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()),
        let notes = unsafe HandshakeNotes.of(OpaquePointer(connection))
    else { return 0 }
    return unsafe notes.verifier.accepts(chain) ? 1 : 0
}
