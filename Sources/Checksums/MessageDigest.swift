internal import COpenSSL

/// A digest algorithm of OpenSSL, looked up once per process.
///
/// ## Concurrency model
/// The C object is immutable and never freed; any thread may start a digest with it.
@safe struct MessageDigest: @unchecked Sendable {
    static let md5 = MessageDigest("MD5")
    static let sha1 = MessageDigest("SHA1")
    static let sha256 = MessageDigest("SHA256")
    static let sha512 = MessageDigest("SHA512")
    static let blake2b512 = MessageDigest("BLAKE2B-512")

    fileprivate let algorithm: OpaquePointer

    /// Nil when no provider of this machine has it.
    private init?(_ name: String) {
        guard let algorithm = unsafe EVP_MD_fetch(nil, name, nil) else { return nil }
        unsafe self.algorithm = unsafe algorithm
    }
}

extension MessageDigest {
    /// HMAC-SHA-256 by OpenSSL, which reads message and key during the call and writes 32 bytes.
    static func authenticationCode(of message: [UInt8], key: Span<UInt8>) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        let isMade = unsafe key.withUnsafeBytes { key in
            unsafe HMAC(EVP_sha256(), key.baseAddress, Int32(key.count), message, message.count, &code, nil) != nil
        }
        precondition(isMade, "OpenSSL could not make a message authentication code")
        return code
    }
}

/// A running digest of OpenSSL.
///
/// Invariant: the C context is made in `init`, freed in `deinit`, never shared and never exposed; OpenSSL reads exactly
/// the bytes of the span it is given, during the call. Sendable: a context is used only by the one function or the one
/// ``StreamingChecksum`` that owns it, the latter in mutating methods, hence never from two threads at once.
@safe struct MessageDigestContext: ~Copyable, @unchecked Sendable {
    private let context: OpaquePointer
    private let digest: MessageDigest

    /// Creates a context, which must be reset before its first use.
    ///
    /// - Parameter digest: The algorithm; nil, an unavailable one, is a caller's error.
    init(_ digest: MessageDigest?) {
        guard let digest else { preconditionFailure("the checksum is not available on this machine") }
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        unsafe self.context = unsafe context
        self.digest = digest
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    func reset() {
        let started = unsafe EVP_DigestInit_ex2(context, digest.algorithm, nil)
        precondition(started == 1, "OpenSSL could not start a digest")
    }

    func update(_ bytes: RawSpan) {
        let added = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        precondition(added == 1, "OpenSSL could not continue a digest")
    }

    /// Ends the data.
    ///
    /// The context must be reset before it is reused.
    func finish(count: Int) -> Digest {
        let bytes: [64 of UInt8] = finish()
        return Digest(bytes: unsafe bytes.span.extracting(first: count).bytes)
    }

    /// Ends the data; OpenSSL never writes more than the 64 bytes of EVP_MAX_MD_SIZE.
    func finish() -> [64 of UInt8] {
        var bytes = [64 of UInt8](repeating: 0)
        var span = bytes.mutableSpan
        let ended = unsafe span.withUnsafeMutableBufferPointer {
            unsafe EVP_DigestFinal_ex(context, $0.baseAddress, nil)
        }
        precondition(ended == 1, "OpenSSL could not end a digest")
        return bytes
    }
}
