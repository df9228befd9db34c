/// A digest that only the holders of a key can make: HMAC-SHA-256 (RFC 2104).
public enum MessageAuthentication {
    /// SHA-256 works on blocks of this many bytes.
    private static let blockLength = 64

    /// The code of a message.
    ///
    /// - Parameters:
    ///   - message: Any bytes.
    ///   - key: Any bytes; those beyond 64 count through their digest.
    /// - Returns: 32 bytes.
    public static func code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        let short = key.count > blockLength ? digest(key) : key
        let padded = short + [UInt8](repeating: 0, count: blockLength - short.count)
        return digest(padded.map { $0 ^ 0x5C } + digest(padded.map { $0 ^ 0x36 } + message))
    }

    private static func digest(_ bytes: [UInt8]) -> [UInt8] {
        AuthenticationDigest.sha256.digest(of: unsafe bytes.span.bytes)
    }
}
