import COpenSSL

/// Decides about the peer's certificate while the handshake runs, and remembers why it refused.
///
/// ## Concurrency model
/// One verifier serves one connection; OpenSSL calls it inside a handshake step, which the engine's lock guards.
final class PeerVerifier {
    /// What is believed.
    ///
    /// Authorities themselves stand in the context's store.
    enum Rule: Equatable, Sendable {
        case authorities
        case pinned(sha256: String)
        case insecure
    }

    private let rule: Rule
    private let expectedName: String?
    /// Why the certificate was refused; nil while none was.
    private(set) var failure: SecureTunnelError?
    /// What was shown, where everybody is believed; nil elsewhere.
    private(set) var shown: ShownCertificate?

    /// Makes a judge for one connection.
    ///
    /// - Parameters:
    ///   - rule: What is believed.
    ///   - expectedName: Whom an authority must vouch for; nil for clients of a server, which have no name.
    init(rule: Rule, expectedName: String?) {
        self.rule = rule
        self.expectedName = expectedName
    }

    /// Judges; the answer becomes the callback's.
    fileprivate func accepts(_ chain: OpaquePointer) -> Bool {
        guard let leaf = unsafe X509_STORE_CTX_get0_cert(chain) else {
            unsafe refuse(
                chain,
                .certificateRefused(subject: "nobody", reason: "none was shown"),
                X509_V_ERR_UNSPECIFIED
            )
            return false
        }
        switch rule {
        case .insecure: shown = unsafe ShownCertificate(PeerCertificate(borrowing: leaf), called: expectedName)
        case .pinned(let expected):
            let seen = unsafe PeerCertificate(borrowing: leaf).sha256
            guard seen == expected else {
                unsafe refuse(chain, .pinMismatch(expected: expected, seen: seen), X509_V_ERR_CERT_UNTRUSTED)
                return false
            }
        case .authorities:
            guard unsafe X509_verify_cert(chain) == 1 else {
                failure = unsafe refusal(chain, leaf)
                return false
            }
            guard unsafe hasExpectedName(chain, leaf) else { return false }
        }
        unsafe X509_STORE_CTX_set_error(chain, X509_V_OK)
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

    /// Remembers the refusal and sets the number from which OpenSSL picks the alert.
    private func refuse(_ chain: OpaquePointer, _ error: SecureTunnelError, _ number: Int32) {
        failure = error
        unsafe X509_STORE_CTX_set_error(chain, number)
    }

    /// Puts OpenSSL's verdict into our words.
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

/// What OpenSSL calls to judge a chain: finds the connection's verifier behind the `SSL` object.
func verifyPeer(_ chain: OpaquePointer?, _ unused: UnsafeMutableRawPointer?) -> Int32 {
    guard let chain = unsafe chain,
        let connection = unsafe X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()),
        let pointer = unsafe SSL_get_ex_data(OpaquePointer(connection), 0)
    else { return 0 }
    let verifier = unsafe Unmanaged<PeerVerifier>.fromOpaque(pointer).takeUnretainedValue()
    return unsafe verifier.accepts(chain) ? 1 : 0
}
