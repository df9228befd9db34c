import COpenSSL

/// The certificates that a peer presented, while OpenSSL requests a verdict on them.
///
/// ## Invariant
/// `chain` and `leaf` belong to OpenSSL and live while the callback that creates a value runs; no value escapes it.
@safe struct PresentedChain {
    private let chain: OpaquePointer
    private let leaf: OpaquePointer

    /// Borrows an `X509_STORE_CTX`; nil if it has no certificate.
    init?(borrowing chain: OpaquePointer) {
        guard let leaf = unsafe X509_STORE_CTX_get0_cert(chain) else { return nil }
        unsafe self.chain = unsafe chain
        unsafe self.leaf = unsafe leaf
    }

    /// The peer's own certificate.
    var certificate: PeerCertificate { unsafe PeerCertificate(borrowing: leaf) }

    /// The certificate that OpenSSL examined last.
    var current: PeerCertificate {
        unsafe PeerCertificate(borrowing: X509_STORE_CTX_get_current_cert(chain) ?? leaf)
    }

    /// The verdict as an OpenSSL error number, which determines the alert.
    var verdict: Int32 {
        get { unsafe X509_STORE_CTX_get_error(chain) }
        nonmutating set { unsafe X509_STORE_CTX_set_error(chain, newValue) }
    }

    /// OpenSSL's text for a verdict.
    static func text(of verdict: Int32) -> String? {
        unsafe X509_verify_cert_error_string(Int(verdict)).map { unsafe String(cString: $0) }
    }

    /// Sets the verdict on a chain of which nothing else is known, because it has no certificate.
    static func refuse(_ chain: OpaquePointer) { unsafe X509_STORE_CTX_set_error(chain, X509_V_ERR_UNSPECIFIED) }

    /// Builds the chain to a trusted certificate and checks it.
    ///
    /// - Returns: Whether it is valid; otherwise ``verdict`` tells why not.
    func verify() -> Bool { unsafe X509_verify_cert(chain) == 1 }

    /// Whether the verified chain consists of the certificate alone, which is then itself a trusted one.
    var isAlone: Bool { unsafe OPENSSL_sk_num(X509_STORE_CTX_get0_chain(chain)) == 1 }

    /// Whether the certificate itself is a trusted one.
    var isListed: Bool {
        let trusted = unsafe X509_STORE_CTX_get1_certs(chain, X509_get_subject_name(leaf))
        var isListed = false
        while let other = unsafe OPENSSL_sk_pop(trusted) {
            let certificate = OpaquePointer(other)
            if unsafe X509_cmp(certificate, leaf) == 0 { isListed = true }
            unsafe X509_free(certificate)
        }
        unsafe OPENSSL_sk_free(trusted)
        return isListed
    }

    var hasExpired: Bool { unsafe X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0 }

    var isNotYetValid: Bool { unsafe X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0 }
}

/// OpenSSL's verification callback: finds the connection's verifier through the `SSL` object.
func verifyPeer(_ chain: OpaquePointer?, _ unused: UnsafeMutableRawPointer?) -> Int32 {
    guard let chain = unsafe chain,
        let connection = unsafe X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()),
        let notes = unsafe HandshakeNotes.of(OpaquePointer(connection))
    else { return 0 }
    guard let presented = unsafe PresentedChain(borrowing: chain) else {
        unsafe PresentedChain.refuse(chain)
        notes.verifier.refuseNothing()
        return 0
    }
    return notes.verifier.accepts(presented) ? 1 : 0
}
