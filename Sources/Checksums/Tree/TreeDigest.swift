/// A digest of a tree hash: 16 bytes of XXH3-128, 32 of SHA-256 or 64 of BLAKE2b-512.
///
/// Stored inline: creating one allocates nothing.
package struct TreeDigest: Equatable, Sendable, CustomStringConvertible {
    private var storage: [64 of UInt8]
    /// The length in bytes; those past it are zero.
    package let count: Int

    /// Takes the first bytes of a digest.
    ///
    /// - Parameters:
    ///   - storage: The bytes; those past `count` must be zero.
    ///   - count: The length, at most 64.
    init(_ storage: [64 of UInt8], count: Int) {
        self.storage = storage
        self.count = count
    }

    /// Copies a digest.
    ///
    /// - Parameter bytes: At most 64 bytes.
    package init(_ bytes: Span<UInt8>) {
        precondition(bytes.count <= 64, "a digest has at most 64 bytes")
        var storage = [64 of UInt8](repeating: 0)
        for index in bytes.indices { storage[index] = bytes[index] }
        self.init(storage, count: bytes.count)
    }

    /// The digest of something that could not be read: zeros, which no function gives.
    package static func unknown(_ function: TreeHashFunction) -> TreeDigest {
        TreeDigest([64 of UInt8](repeating: 0), count: function.digestLength)
    }

    /// A byte.
    package subscript(index: Int) -> UInt8 {
        precondition(index < count, "no such byte in the digest")
        return storage[index]
    }

    /// The bytes.
    package var bytes: [UInt8] { (0..<count).map { storage[$0] } }

    /// Appends the bytes to others.
    package func append(to output: inout [UInt8]) {
        for index in 0..<count { output.append(storage[index]) }
    }

    /// The bytes as hexadecimal digits.
    package var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Whether two digests are the same bytes.
    package static func == (left: TreeDigest, right: TreeDigest) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left.storage[index] != right.storage[index] { return false }
        return true
    }
}
