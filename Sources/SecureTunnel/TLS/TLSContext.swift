import COpenSSL

/// Certificates, keys and rules, loaded once and used by any number of connections.
///
/// A client's context also remembers sessions: a later connection to the same host resumes one, which saves both sides
/// the certificates. It is remembered only after the server was verified, and never used for another host.
///
/// ## Invariant
/// `context` is created in the initializer and freed in `deinit`; its callbacks refer to this object, or to the notes
/// of a connection, and connections keep this object alive.
///
/// ## Concurrency model
/// The `SSL_CTX` is changed only in the initializers; OpenSSL lets any thread make connections from it. `sessions` has
/// its own lock.
@safe package final class TLSContext: @unchecked Sendable {
    let context: OpaquePointer
    let isServer: Bool
    /// How peers are verified; nil when clients present nothing.
    let trust: PeerTrust?
    /// The client's SNI.
    let serverNameIndication: ServerNameIndication
    /// The keys that a server accepts, or of which a client offers one.
    let preSharedKeys: PreSharedKeys?
    /// The key that a client offers.
    let offeredKey: PreSharedKeys.Entry?
    /// Our protocols in the form of the ALPN extension: each after its length.
    ///
    /// Read by the callback.
    let protocols: [UInt8]
    /// A client's session cache; nil where none is kept.
    let sessions: SessionCache?
    /// Warnings about the permissions of the files, one sentence each.
    package internal(set) var warnings: [String] = []

    /// Loads the files of a client.
    ///
    /// - Parameter configuration: The client's settings.
    /// - Throws: ``SecureTunnelError/badFile(path:reason:)`` or ``SecureTunnelError/badSetting(reason:)``.
    package convenience init(client configuration: TLSClientConfiguration) throws(SecureTunnelError) {
        let keys = configuration.preSharedKeys
        let offered = keys?.entry(named: configuration.preSharedKeyIdentity)
        if let keys, offered == nil {
            let name = configuration.preSharedKeyIdentity ?? ""
            throw .badSetting(reason: "identity \"\(name)\" not found in the file (\(keys))")
        }
        guard keys != nil || configuration.trust != .preSharedKey else {
            throw .badSetting(reason: "verification by pre-shared key requires a file of keys")
        }
        try self.init(
            isServer: false,
            trust: configuration.trust,
            serverNameIndication: configuration.serverNameIndication,
            keys: (keys, offered),
            parameters: configuration.parameters
        )
        if let identity = configuration.identity { try load(identity) }
        try loadTrusted(configuration.trust)
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        unsafe SSL_CTX_set_client_cert_cb(context, noteCertificateRequest)
        if sessions != nil { unsafe rememberSessions(of: context) }
        if offered != nil { unsafe offerPreSharedKey(context) }
        guard !protocols.isEmpty else { return }
        unsafe SSL_CTX_set_alpn_protos(context, protocols, UInt32(protocols.count))
    }

    /// Loads the files of a server.
    ///
    /// - Parameter configuration: The server's settings.
    /// - Throws: ``SecureTunnelError/badFile(path:reason:)`` or ``SecureTunnelError/badSetting(reason:)``.
    package convenience init(server configuration: TLSServerConfiguration) throws(SecureTunnelError) {
        guard configuration.identity != nil || configuration.preSharedKeys != nil else {
            throw .badSetting(reason: "a TLS server requires a certificate and its key, or a file of pre-shared keys")
        }
        try self.init(
            isServer: true,
            trust: configuration.clientTrust,
            serverNameIndication: .none,
            keys: (configuration.preSharedKeys, nil),
            parameters: configuration.parameters
        )
        if let identity = configuration.identity { try load(identity) }
        if let trust = configuration.clientTrust, trust != .preSharedKey {
            try loadTrusted(trust)
            let flags = trust.requiresClientCertificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0
            unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER | flags, nil)
        }
        // Without a context id, OpenSSL refuses to resume sessions of clients that showed a certificate.
        unsafe SSL_CTX_set_session_id_context(context, "dvm", 3)
        if preSharedKeys != nil { unsafe acceptPreSharedKeys(context) }
        unsafe dvm_SSL_CTX_set_dh_auto(context, 1)
        guard !protocols.isEmpty else { return }
        unsafe SSL_CTX_set_alpn_select_cb(context, selectProtocol, Unmanaged.passUnretained(self).toOpaque())
    }

    private init(
        isServer: Bool,
        trust: PeerTrust?,
        serverNameIndication: ServerNameIndication,
        keys: (accepted: PreSharedKeys?, offered: PreSharedKeys.Entry?),
        parameters: TLSParameters
    ) throws(SecureTunnelError) {
        // Checks that can fail come first: deinit frees the SSL_CTX only once the object is complete.
        let protocols = try TLSContext.wireForm(parameters.applicationProtocols)
        let trust = try trust?.checked()
        guard parameters.minimumVersion <= parameters.maximumVersion else {
            throw .badSetting(reason: "the minimum TLS version is newer than the maximum")
        }
        OpenSSLErrors.clear()
        guard let context = unsafe SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method()) else {
            throw .badSetting(reason: "OpenSSL cannot start: \(OpenSSLErrors.drain().text)")
        }
        unsafe self.context = context
        self.isServer = isServer
        self.trust = trust
        self.serverNameIndication = serverNameIndication
        (preSharedKeys, offeredKey) = keys
        self.protocols = protocols
        // With a key, a handshake is as short as with a session.
        sessions = isServer || keys.offered != nil ? nil : SessionCache()
        warnings = keys.accepted?.warning.map { [$0] } ?? []
        try apply(parameters, allowsCertificates: trust != .preSharedKey)
        unsafe SSL_CTX_set_cert_verify_callback(context, verifyPeer, nil)
        // An encrypted key would make OpenSSL prompt on the terminal.
        unsafe SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in -1 }
    }

    deinit { unsafe SSL_CTX_free(context) }

    /// A new connection object; the caller frees it.
    func makeConnection() -> OpaquePointer? { unsafe SSL_new(context) }

    /// The SNI for a host; nil for none.
    func serverNameIndication(calling host: String?) -> String? {
        switch serverNameIndication {
        case .called: host.flatMap { isAddress($0) ? nil : $0 }
        case .name(let name): name
        case .none: nil
        }
    }

    /// Encodes the ALPN extension.
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
}

extension TLSContext {
    /// Forward secrecy always, AES-GCM first: the usual processors have instructions for it.
    private static let certificateCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM"
    /// The same for pre-shared keys, for which OpenSSL has no ECDHE with AES-GCM.
    private static let keyCiphers =
        "DHE-PSK-AES128-GCM-SHA256:DHE-PSK-AES256-GCM-SHA384:ECDHE-PSK-CHACHA20-POLY1305:DHE-PSK-CHACHA20-POLY1305"
    /// The shorter key first: it is strong enough for any volume and a tenth faster.
    private static let cipherSuites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

    /// Sets versions, ciphers and options.
    private func apply(_ parameters: TLSParameters, allowsCertificates: Bool) throws(SecureTunnelError) {
        unsafe dvm_SSL_CTX_set_min_proto_version(context, parameters.minimumVersion.rawValue)
        unsafe dvm_SSL_CTX_set_max_proto_version(context, parameters.maximumVersion.rawValue)
        for option in parameters.options {
            if option.isRemoved {
                unsafe SSL_CTX_clear_options(context, option.bits)
            } else {
                unsafe SSL_CTX_set_options(context, option.bits)
            }
        }
        unsafe SSL_CTX_set_options(context, dvm_SSL_OP_NO_RENEGOTIATION | dvm_SSL_OP_NO_COMPRESSION)
        let usual =
            (preSharedKeys == nil ? [] : [Self.keyCiphers]) + (allowsCertificates ? [Self.certificateCiphers] : [])
            + ["!aNULL"]
        let ciphers = parameters.ciphers ?? usual.joined(separator: ":")
        OpenSSLErrors.clear()
        // A group such as PSK includes ciphers that do not encrypt; naming one explicitly is reported below.
        let list = Self.namesUnencrypted(ciphers) ? ciphers : ciphers + ":!eNULL"
        guard unsafe SSL_CTX_set_cipher_list(context, list) == 1 else {
            throw .badSetting(reason: "ciphers \"\(ciphers)\": \(OpenSSLErrors.drain().text)")
        }
        let suites = parameters.cipherSuites ?? Self.cipherSuites
        guard unsafe SSL_CTX_set_ciphersuites(context, suites) == 1 else {
            throw .badSetting(reason: "cipher suites \"\(suites)\": \(OpenSSLErrors.drain().text)")
        }
        if let name = unencryptedCipher {
            let list = parameters.ciphers ?? suites
            throw .badSetting(reason: "ciphers \"\(list)\": \(name) does not encrypt, which is not allowed")
        }
    }

    /// Whether a list of ciphers explicitly names one that does not encrypt.
    private static func namesUnencrypted(_ list: String) -> Bool {
        list.split { ":, @".contains($0) }.contains { word in
            guard !word.hasPrefix("!"), !word.hasPrefix("-") else { return false }
            return word.split(separator: "+").contains { $0 == "NULL" || $0 == "eNULL" || $0.contains("NULL-") }
        }
    }

    /// The first cipher in use that does not encrypt (`eNULL`); nil when there is none.
    private var unencryptedCipher: String? {
        let ciphers = unsafe SSL_CTX_get_ciphers(context)
        for index in 0..<(unsafe dvm_sk_SSL_CIPHER_num(ciphers)) {
            let cipher = unsafe dvm_sk_SSL_CIPHER_value(ciphers, index)
            guard unsafe SSL_CIPHER_get_bits(cipher, nil) == 0 else { continue }
            return unsafe String(cString: SSL_CIPHER_get_name(cipher))
        }
        return nil
    }
}

/// Selects the first of our protocols that the client offers; no match is not an error.
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
