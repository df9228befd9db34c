/// Folds leaves into the root of a Merkle tree (RFC 6962, section 2.1) as they come, keeping one digest per level.
package struct TreeFold: Sendable {
    /// The roots of complete trees, each with fewer leaves than the one before it.
    private var stack: [TreeDigest] = []
    /// How many leaves there were.
    package private(set) var count: UInt64 = 0

    /// No leaves yet.
    package init() {}

    /// Adds a leaf, or the root of a complete tree where all have as many leaves, a power of two, but for the last.
    package mutating func add(_ digest: TreeDigest, _ hasher: inout TreeHasher) {
        var digest = digest
        var level = count
        // Each set bit of the count is a complete tree that is waiting for its other half.
        while level & 1 == 1 {
            guard let left = stack.popLast() else { preconditionFailure("the fold lost a level") }
            digest = hasher.node(left, digest)
            level >>= 1
        }
        stack.append(digest)
        count += 1
    }

    /// The root of all leaves that were added; the fold is empty afterwards.
    package mutating func takeRoot(_ hasher: inout TreeHasher) -> TreeDigest {
        defer {
            stack.removeAll(keepingCapacity: true)
            count = 0
        }
        guard var root = stack.popLast() else { return hasher.empty() }
        while let left = stack.popLast() { root = hasher.node(left, root) }
        return root
    }
}
