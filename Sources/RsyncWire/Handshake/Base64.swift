/// Base64 without padding (RFC 4648).
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Six bits a character, the last one filled up with zeros.
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            bitCount += 8
            while bitCount >= 6 {
                bitCount -= 6
                result.append(alphabet[Int(bits >> bitCount & 63)])
            }
        }
        if bitCount > 0 { result.append(alphabet[Int(bits << (6 - bitCount) & 63)]) }
        return result
    }
}
