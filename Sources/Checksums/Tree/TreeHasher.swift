/// Makes the leaves and nodes of a Merkle tree as RFC 6962, section 2.1, defines them.
///
/// A leaf is H(0x00 ‖ data), a node H(0x01 ‖ left ‖ right). XXH3-128 takes a seed instead (1 for leaves, 2 for nodes, 0
/// for no leaves at all), and its digests are written with the high word first (the canonical form of xxHash).
///
/// Used by one thread.
package struct TreeHasher: ~Copyable {
    private static let leafTag: UInt8 = 0
    private static let nodeTag: UInt8 = 1

    /// The function.
    package let function: TreeHashFunction
    /// Nil for XXH3.
    private let context: MessageDigestContext?

    /// Creates a hasher.
    ///
    /// - Parameter function: One that is available on this machine.
    package init(_ function: TreeHashFunction) {
        self.function = function
        switch function {
        case .xxh128: context = nil
        case .sha256: context = MessageDigestContext(.sha256)
        case .blake2b512: context = MessageDigestContext(.blake2b512)
        }
    }

    /// The digest of no leaves at all: H of nothing.
    package mutating func empty() -> TreeDigest {
        let nothing: [UInt8] = []
        return digest(tag: nil, nothing.span)
    }

    /// The leaf of some data.
    package mutating func leaf(of data: Span<UInt8>) -> TreeDigest { digest(tag: Self.leafTag, data) }

    /// The node over two others.
    package mutating func node(_ left: TreeDigest, _ right: TreeDigest) -> TreeDigest {
        var pair = [128 of UInt8](repeating: 0)
        for index in 0..<left.count { pair[index] = left[index] }
        for index in 0..<right.count { pair[left.count + index] = right[index] }
        return digest(tag: Self.nodeTag, pair.span.extracting(first: left.count + right.count))
    }

    private mutating func digest(tag: UInt8?, _ data: Span<UInt8>) -> TreeDigest {
        guard let bytes = digestOfContext(tag: tag, data) else {
            return TreeDigest(
                XXHash3.canonicalDigest(of: rawBytes(of: data), seed: tag.map { UInt64($0) + 1 } ?? 0),
                count: 16
            )
        }
        return TreeDigest(bytes, count: function.digestLength)
    }

    /// The digest by OpenSSL; nil for XXH3.
    private func digestOfContext(tag: UInt8?, _ data: Span<UInt8>) -> [64 of UInt8]? {
        guard function != .xxh128 else { return nil }
        context?.reset()
        if let tag {
            let tags: [1 of UInt8] = [tag]
            context?.update(rawBytes(of: tags.span))
        }
        context?.update(rawBytes(of: data))
        return context?.finish()
    }
}
