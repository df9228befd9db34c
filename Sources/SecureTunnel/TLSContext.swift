import COpenSSL
import Glibc
import LinuxSystem

/// Certificates, keys and rules, read once and used by any number of connections.
///
/// ## Concurrency model
/// The `SSL_CTX` is changed only in the initializers; OpenSSL lets any thread make connections from it.
@safe public final class TLSContext: @unchecked Sendable {
    private let context: OpaquePointer
    let isServer: Bool
    let rule: PeerVerifier.Rule
    /// Our protocols in the form of the ALPN extension: each after its length.
    ///
    /// Read by the callback.
    fileprivate let protocols: [UInt8]

    /// Reads what a client needs.
    ///
    /// - Parameter configuration: Whom to believe and what to offer.
    /// - Throws: ``SecureTunnelError/badFile(path:reason:)`` or ``SecureTunnelError/badSetting(reason:)``.
    public convenience init(client configuration: TLSClientConfiguration) throws(SecureTunnelError) {
        let rule: PeerVerifier.Rule
        switch configuration.trust {
        case .authorities: rule = .authorities
        case .insecure: rule = .insecure
        case .pinned(let text): rule = .pinned(sha256: try TLSContext.digest(text))
        }
        try self.init(
            isServer: false,
            rule: rule,
            versions: (configuration.minimumVersion, configuration.maximumVersion),
            applicationProtocols: configuration.applicationProtocols
        )
        if let identity = configuration.identity { try load(identity) }
        if case .authorities(let path) = configuration.trust { try loadAuthorities(path) }
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        guard !protocols.isEmpty else { return }
        unsafe SSL_CTX_set_alpn_protos(context, protocols, UInt32(protocols.count))
    }

    /// Reads what a server needs.
    ///
    /// - Parameter configuration: Who we are and whom to let in.
    /// - Throws: ``SecureTunnelError/badFile(path:reason:)`` or ``SecureTunnelError/badSetting(reason:)``.
    public convenience init(server configuration: TLSServerConfiguration) throws(SecureTunnelError) {
        try self.init(
            isServer: true,
            rule: configuration.clientAuthoritiesFile == nil ? .insecure : .authorities,
            versions: (configuration.minimumVersion, configuration.maximumVersion),
            applicationProtocols: configuration.applicationProtocols
        )
        try load(configuration.identity)
        if let path = configuration.clientAuthoritiesFile {
            try loadAuthorities(path)
            unsafe SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(path))
            unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
            // Without a context id, OpenSSL refuses to resume sessions of clients that showed a certificate.
            unsafe SSL_CTX_set_session_id_context(context, "dvm", 3)
        }
        guard !protocols.isEmpty else { return }
        unsafe SSL_CTX_set_alpn_select_cb(context, selectProtocol, Unmanaged.passUnretained(self).toOpaque())
    }

    private init(
        isServer: Bool,
        rule: PeerVerifier.Rule,
        versions: (TLSVersion, TLSVersion),
        applicationProtocols: [String]
    ) throws(SecureTunnelError) {
        let protocols = try TLSContext.wireForm(applicationProtocols)
        guard versions.0 <= versions.1 else {
            throw .badSetting(reason: "the oldest TLS version accepted is newer than the newest")
        }
        OpenSSLErrors.clear()
        guard let context = unsafe SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method()) else {
            throw .badSetting(reason: "OpenSSL cannot start: \(OpenSSLErrors.drain().text)")
        }
        unsafe self.context = context
        self.isServer = isServer
        self.rule = rule
        self.protocols = protocols
        unsafe dvm_SSL_CTX_set_min_proto_version(context, versions.0.rawValue)
        unsafe dvm_SSL_CTX_set_max_proto_version(context, versions.1.rawValue)
        unsafe SSL_CTX_set_options(context, dvm_SSL_OP_NO_RENEGOTIATION | dvm_SSL_OP_NO_COMPRESSION)
        // Forward secrecy always, AES-GCM first: the machines that move volumes have instructions for it.
        unsafe SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL:!PSK")
        // The shorter key first: it is strong enough for any volume and a tenth faster.
        let suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
        unsafe SSL_CTX_set_ciphersuites(context, suites)
        unsafe SSL_CTX_set_cert_verify_callback(context, verifyPeer, nil)
        // An encrypted key would make OpenSSL ask on the terminal.
        unsafe SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in -1 }
    }

    deinit { unsafe SSL_CTX_free(context) }

    /// A new connection object; the caller frees it.
    func makeConnection() -> OpaquePointer? { unsafe SSL_new(context) }

    /// Makes the form of the ALPN extension.
    private static func wireForm(_ names: [String]) throws(SecureTunnelError) -> [UInt8] {
        var bytes: [UInt8] = []
        for name in names {
            guard (1...255).contains(name.utf8.count) else {
                throw .badSetting(reason: "\"\(name)\" is not an application protocol: 1 to 255 bytes")
            }
            bytes.append(UInt8(name.utf8.count))
            bytes.append(contentsOf: name.utf8)
        }
        return bytes
    }

    /// Brings a pin into the form of `PeerCertificate.sha256`.
    private static func digest(_ text: String) throws(SecureTunnelError) -> String {
        let digits = text.lowercased().filter { $0 != ":" }
        guard digits.utf8.count == 64, digits.utf8.allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }) else {
            throw .badSetting(reason: "\"\(text)\" is not a SHA-256 pin: 64 hex digits")
        }
        return digits
    }
}

extension TLSContext {
    /// Reads a certificate chain and its key.
    private func load(_ identity: TLSIdentity) throws(SecureTunnelError) {
        let chain = identity.certificateChainFile
        let key = identity.privateKeyFile
        try checkReadable(chain)
        try checkReadable(key)
        OpenSSLErrors.clear()
        guard unsafe SSL_CTX_use_certificate_chain_file(context, chain) == 1 else {
            throw .badFile(path: chain, reason: reason("certificate"))
        }
        guard unsafe SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 else {
            throw .badFile(path: key, reason: reason("unencrypted private key"))
        }
        guard unsafe SSL_CTX_check_private_key(context) == 1 else {
            throw .badFile(path: key, reason: reason("private key"))
        }
    }

    /// Puts every certificate of a PEM file into the store of trusted ones.
    private func loadAuthorities(_ path: String) throws(SecureTunnelError) {
        try checkReadable(path)
        OpenSSLErrors.clear()
        guard unsafe SSL_CTX_load_verify_file(context, path) == 1 else {
            throw .badFile(path: path, reason: reason("certificate"))
        }
        guard let parameters = unsafe SSL_CTX_get0_param(context) else { return }
        // A certificate that is listed is trusted, be it an authority or not.
        unsafe X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_PARTIAL_CHAIN))
    }

    /// Lets the kernel say why a file cannot be read: OpenSSL says it less well.
    private func checkReadable(_ path: String) throws(SecureTunnelError) {
        do throws(SystemError) {
            try systemCall("open") { unsafe access(path, R_OK) }
        } catch {
            throw .badFile(path: path, reason: error.reason)
        }
    }

    /// Says why OpenSSL did not take a file.
    private func reason(_ wanted: String) -> String {
        let errors = OpenSSLErrors.drain()
        if errors.contains(ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH) {
            return "it is not the key of the certificate"
        }
        let isEmpty =
            errors.entries.isEmpty || errors.contains(ERR_LIB_PEM, PEM_R_NO_START_LINE)
            || errors.contains(ERR_LIB_X509, X509_R_NO_CERTIFICATE_OR_CRL_FOUND)
        if isEmpty {
            return "it holds no \(wanted) in PEM form"
        }
        return "it holds no usable \(wanted) in PEM form (\(errors.text))"
    }
}

/// Picks the first protocol of ours that the client offers; none is no reason to refuse.
private func selectProtocol(
    _ connection: OpaquePointer?,
    _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    _ chosenLength: UnsafeMutablePointer<UInt8>?,
    _ offered: UnsafePointer<UInt8>?,
    _ offeredLength: UInt32,
    _ argument: UnsafeMutableRawPointer?
) -> Int32 {
    guard let argument = unsafe argument, let offered = unsafe offered else { return SSL_TLSEXT_ERR_NOACK }
    let context = unsafe Unmanaged<TLSContext>.fromOpaque(argument).takeUnretainedValue()
    let theirs = unsafe UnsafeBufferPointer(start: offered, count: Int(offeredLength))
    var mine = context.protocols[...]
    while let length = mine.first {
        let name = mine.dropFirst().prefix(Int(length))
        mine = mine.dropFirst(1 + Int(length))
        var start = 0
        while start < theirs.count {
            let end = unsafe start + 1 + Int(theirs[start])
            guard end <= theirs.count else { return SSL_TLSEXT_ERR_NOACK }
            if unsafe theirs[(start + 1)..<end].elementsEqual(name) {
                // The answer points into the client's hello, which outlives the callback.
                unsafe chosen?.pointee = offered + start + 1
                unsafe chosenLength?.pointee = length
                return SSL_TLSEXT_ERR_OK
            }
            start = end
        }
    }
    return SSL_TLSEXT_ERR_NOACK
}
