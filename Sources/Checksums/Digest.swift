/// The result of a strong checksum, in the order of its bytes on the wire.
///
/// Stored inline: creating one allocates nothing.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// The longest digest in bytes.
    public static let maximumLength = 20

    /// Eight bytes each, the first byte in the lowest bits; bytes past the length are zero.
    private var words: (UInt64, UInt64, UInt64)
    /// The length in bytes.
    public let count: Int

    /// Holds up to three words of eight bytes, each with its first byte in the lowest bits.
    init(_ word0: UInt64, _ word1: UInt64 = 0, _ word2: UInt64 = 0, count: Int) {
        words = (word0, word1, word2)
        self.count = count
    }

    /// Creates a digest from bytes.
    ///
    /// - Parameter bytes: At most ``maximumLength`` bytes in wire order.
    public init(bytes: RawSpan) {
        precondition(bytes.byteCount <= Digest.maximumLength, "a digest has at most 20 bytes")
        words = (0, 0, 0)
        count = bytes.byteCount
        for index in 0..<count {
            let part = UInt64(bytes.byte(at: index)) << UInt64(index % 8 * 8)
            switch index / 8 {
            case 0: words.0 |= part
            case 1: words.1 |= part
            default: words.2 |= part
            }
        }
    }

    /// A byte in wire order.
    public subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "no such byte in the digest")
        let word =
            switch index / 8 {
            case 0: words.0
            case 1: words.1
            default: words.2
            }
        return UInt8(truncatingIfNeeded: word >> UInt64(index % 8 * 8))
    }

    /// The bytes in wire order.
    public var bytes: [UInt8] { (0..<count).map { self[$0] } }

    /// The bytes as hexadecimal digits, in wire order.
    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Whether the digest begins with stored bytes, such as a truncated block sum.
    ///
    /// - Parameter prefix: Bytes in wire order; an empty prefix always matches.
    /// - Returns: False also when the prefix is longer than the digest.
    public func hasPrefix(_ prefix: RawSpan) -> Bool {
        guard prefix.byteCount <= count else { return false }
        return (truncated(to: prefix.byteCount)) == Digest(bytes: prefix)
    }

    /// The digest's first bytes.
    ///
    /// - Parameter length: How many, at most ``count``.
    /// - Returns: A digest of that length.
    public func truncated(to length: Int) -> Digest {
        precondition(length >= 0 && length <= count, "a digest cannot be made longer")
        func keep(_ word: UInt64, from start: Int) -> UInt64 {
            let kept = min(max(length - start, 0), 8)
            return kept == 8 ? word : word & ((1 << UInt64(kept * 8)) - 1)
        }
        return Digest(keep(words.0, from: 0), keep(words.1, from: 8), keep(words.2, from: 16), count: length)
    }

    /// Whether two digests are the same bytes.
    public static func == (left: Digest, right: Digest) -> Bool {
        left.words == right.words && left.count == right.count
    }

    /// Feeds the bytes to a hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(count)
    }
}
