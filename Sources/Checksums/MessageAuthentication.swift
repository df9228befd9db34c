internal import COpenSSL

/// A digest that only the holders of a key can make: HMAC-SHA-256 (RFC 2104).
package enum MessageAuthentication {
    /// The code of a message.
    ///
    /// OpenSSL wipes what it made of the key.
    ///
    /// - Parameters:
    ///   - message: Any bytes.
    ///   - key: Any bytes, at least one; those beyond 64 count through their digest. The caller wipes them.
    /// - Returns: 32 bytes.
    package static func code(of message: [UInt8], key: Span<UInt8>) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        let isMade = unsafe key.withUnsafeBytes { key in
            unsafe HMAC(EVP_sha256(), key.baseAddress, Int32(key.count), message, message.count, &code, nil) != nil
        }
        precondition(isMade, "OpenSSL could not make a message authentication code")
        return code
    }
}
