/// SHA-256 of bytes that come one after the other.
///
/// Used by one thread.
package struct StreamingSHA256: ~Copyable {
    /// The length of a digest in bytes.
    package static let length = 32

    private let context = MessageDigestContext(.sha256)

    /// No bytes yet.
    package init() { context.reset() }

    /// Adds bytes.
    package mutating func update(_ bytes: Span<UInt8>) { context.update(rawBytes(of: bytes)) }

    /// Ends the bytes, and begins anew.
    ///
    /// - Returns: The digest.
    package mutating func finish() -> TreeDigest {
        defer { context.reset() }
        return TreeDigest(context.finish(), count: Self.length)
    }
}
