/// A digest that only the holders of a key can make: HMAC-SHA-256 (RFC 2104).
package enum MessageAuthentication {
    /// The code of a message.
    ///
    /// OpenSSL wipes its copy of the key.
    ///
    /// - Parameters:
    ///   - message: Any bytes.
    ///   - key: Any bytes, at least one; longer keys than 64 bytes are digested first. The caller wipes them.
    /// - Returns: 32 bytes.
    package static func code(of message: [UInt8], key: Span<UInt8>) -> [UInt8] {
        MessageDigest.authenticationCode(of: message, key: key)
    }
}
