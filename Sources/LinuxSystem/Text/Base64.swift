/// Base64 (RFC 4648, 4).
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// How many characters this many bytes become.
    package static func length(of byteCount: Int, isPadded: Bool) -> Int {
        isPadded ? (byteCount + 2) / 3 * 4 : (byteCount * 4 + 2) / 3
    }

    /// Encodes bytes one character after the other, so that a secret lies nowhere but where the caller puts it.
    ///
    /// - Parameters:
    ///   - bytes: What is encoded.
    ///   - isPadded: Whether `=` fills up the last group of four.
    ///   - put: Takes each character with its place.
    package static func encode(_ bytes: Span<UInt8>, isPadded: Bool, _ put: (_ place: Int, _ character: UInt8) -> Void)
    {
        for group in 0..<(bytes.count + 2) / 3 {
            let count = min(3, bytes.count - 3 * group)
            var word: UInt32 = 0
            for index in 0..<3 { word = word << 8 | (index < count ? UInt32(bytes[3 * group + index]) : 0) }
            for index in 0..<(isPadded ? 4 : count + 1) {
                let digit = alphabet[Int(word >> UInt32(18 - 6 * index)) & 63]
                put(4 * group + index, index > count ? UInt8(ascii: "=") : digit)
            }
        }
    }

    /// The characters of some bytes.
    package static func encode(_ bytes: [UInt8], isPadded: Bool) -> [UInt8] {
        var text = [UInt8](repeating: 0, count: length(of: bytes.count, isPadded: isPadded))
        encode(bytes.span, isPadded: isPadded) { text[$0] = $1 }
        return text
    }
}
