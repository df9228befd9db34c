/// A path in two parts at its last slash.
package struct PathParts: Equatable, Sendable {
    /// What is before the last slash, which may be nothing; empty without a slash.
    package let parent: [UInt8]
    /// What is after it; all without a slash.
    package let leaf: [UInt8]
    /// Whether there is a slash.
    package let hasParent: Bool

    /// Splits a path.
    package init(_ path: some BidirectionalCollection<UInt8>) {
        let cut = path.lastIndex(of: UInt8(ascii: "/"))
        hasParent = cut != nil
        parent = cut.map { Array(path[..<$0]) } ?? []
        leaf = cut.map { Array(path[path.index(after: $0)...]) } ?? Array(path)
    }
}
