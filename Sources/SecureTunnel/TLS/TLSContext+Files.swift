import COpenSSL
import Glibc
import LinuxSystem

// Invariant: the context changes only in its initializer; OpenSSL copies what it is given or counts references to it,
// and other objects created here are freed here.

extension TLSContext {
    /// Reads a certificate chain and its key.
    func load(_ identity: TLSIdentity) throws(SecureTunnelError) {
        let chain = identity.certificateChainFile
        try checkReadable(chain)
        OpenSSLErrors.clear()
        guard unsafe SSL_CTX_use_certificate_chain_file(context, chain) == 1 else {
            throw .badFile(path: chain, reason: Self.reason("certificate"))
        }
        let path = identity.privateKeyFile
        // Usually not refused: today's images mount their keys readable by everyone in the pod (MTC contract 3.3).
        let (bytes, warning) = try ProtectedFile.read(path, exposure: identity.exposure)
        if let warning { warnings.append(warning) }
        guard let key = unsafe Self.privateKey(bytes) else {
            throw .badFile(path: path, reason: Self.reason("unencrypted private key"))
        }
        defer { unsafe EVP_PKEY_free(key) }
        guard unsafe SSL_CTX_use_PrivateKey(context, key) == 1, unsafe SSL_CTX_check_private_key(context) == 1 else {
            throw .badFile(path: path, reason: Self.reason("private key"))
        }
    }

    /// Loads the certificates of a trust.
    func loadTrusted(_ trust: PeerTrust) throws(SecureTunnelError) {
        switch trust {
        case .pinned, .preSharedKey, .insecure: return
        case .authorities(let path):
            try loadAuthorities(path)
            guard let parameters = unsafe SSL_CTX_get0_param(context) else { return }
            // A listed certificate is trusted, whether or not it is a CA.
            unsafe X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        case .rules(let rules):
            if let path = rules.authoritiesFile { try loadAuthorities(path) }
            if let path = rules.authoritiesDirectory { try loadDirectory(path) }
        }
    }

    /// Adds every certificate of a PEM file to the trust store.
    private func loadAuthorities(_ path: String) throws(SecureTunnelError) {
        try checkReadable(path)
        OpenSSLErrors.clear()
        guard unsafe SSL_CTX_load_verify_file(context, path) == 1 else {
            throw .badFile(path: path, reason: Self.reason("certificate"))
        }
        guard isServer else { return }
        // A client with several certificates selects one of a CA in this list.
        unsafe SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(path))
    }

    /// Makes certificates be looked up on demand by the hash of their subject.
    private func loadDirectory(_ path: String) throws(SecureTunnelError) {
        var status = stat()
        do throws(SystemError) {
            try systemCall("stat") { unsafe stat(path, &status) }
        } catch {
            throw .badFile(path: path, reason: error.reason)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .badFile(path: path, reason: "it is not a directory") }
        OpenSSLErrors.clear()
        guard unsafe SSL_CTX_load_verify_dir(context, path) == 1 else {
            throw .badFile(path: path, reason: OpenSSLErrors.drain().text)
        }
    }

    /// Gets the kernel's error for an unreadable file, which is clearer than OpenSSL's.
    private func checkReadable(_ path: String) throws(SecureTunnelError) {
        do throws(SystemError) {
            try systemCall("open") { unsafe access(path, R_OK) }
        } catch {
            throw .badFile(path: path, reason: error.reason)
        }
    }

    /// Decodes a key from memory that is wiped later: OpenSSL's file reader would leave it in a buffer.
    private static func privateKey(_ bytes: SecretBytes) -> OpaquePointer? {
        unsafe bytes.withUnsafeBytes { (bytes) -> OpaquePointer? in
            OpenSSLErrors.clear()
            guard let input = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
            defer { unsafe BIO_free(input) }
            return unsafe PEM_read_bio_PrivateKey(input, nil, { _, _, _, _ in -1 }, nil)
        }
    }

    /// Explains why OpenSSL rejected a file.
    private static func reason(_ wanted: String) -> String {
        let errors = OpenSSLErrors.drain()
        if errors.contains(ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH)
            || errors.contains(ERR_LIB_X509, X509_R_KEY_TYPE_MISMATCH)
        {
            return "the key does not belong to the certificate"
        }
        let isEmpty =
            errors.entries.isEmpty || errors.contains(ERR_LIB_PEM, PEM_R_NO_START_LINE)
            || errors.contains(ERR_LIB_X509, X509_R_NO_CERTIFICATE_OR_CRL_FOUND)
        if isEmpty {
            return "it contains no \(wanted) in PEM format"
        }
        return "it contains no usable \(wanted) in PEM format (\(errors.text))"
    }
}

extension PeerTrust {
    /// Normalizes a pin to the form of `PeerCertificate.sha256`, and rejects rules that can never be satisfied.
    func checked() throws(SecureTunnelError) -> PeerTrust {
        switch self {
        case .authorities, .preSharedKey, .insecure: return self
        case .pinned(let text):
            let digits = text.lowercased().filter { $0 != ":" }
            guard digits.utf8.count == 64, digits.utf8.allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit })
            else {
                throw .badSetting(reason: "\"\(text)\" is not a SHA-256 pin of 64 hex digits")
            }
            return .pinned(sha256: digits)
        case .rules(let rules):
            let verifies = rules.verifiesChain || rules.verifiesPeer
            guard !verifies || rules.authoritiesFile != nil || rules.authoritiesDirectory != nil else {
                throw .badSetting(reason: "verifying certificates requires CAfile or CApath")
            }
            guard verifies || (rules.hosts.isEmpty && rules.addresses.isEmpty) else {
                throw .badSetting(reason: "checkHost and checkIP require verifyChain or verifyPeer")
            }
            if let address = rules.addresses.first(where: { !isAddress($0) }) {
                throw .badSetting(reason: "\"\(address)\" is not an IP address")
            }
            return self
        }
    }

    /// Whether a client without a certificate is rejected.
    var requiresClientCertificate: Bool {
        switch self {
        case .authorities, .pinned: true
        case .rules(let rules): rules.isRequired
        case .preSharedKey, .insecure: false
        }
    }

    /// Whether a peer that presents nothing is rejected.
    func needsProof(fromClient: Bool) -> Bool {
        switch self {
        case .preSharedKey: true
        case .insecure: false
        case .rules(let rules): fromClient ? rules.isRequired : !rules.ignoresCertificate
        case .authorities, .pinned: true
        }
    }
}
