/// A path in two parts at its last slash.
package struct PathParts: Equatable, Sendable {
    /// The separator of path components.
    package static let separator = UInt8(ascii: "/")

    /// What is before the last slash, which may be nothing; empty without a slash.
    package let parent: [UInt8]
    /// What is after it; all without a slash.
    package let leaf: [UInt8]
    /// Whether there is a slash.
    package let hasParent: Bool

    /// Splits a path.
    package init(_ path: [UInt8]) {
        let start = path.leafStart
        hasParent = start > 0
        parent = hasParent ? Array(path[..<(start - 1)]) : []
        leaf = hasParent ? Array(path[start...]) : path
    }

    /// Splits a part of a path.
    package init(_ path: ArraySlice<UInt8>) { self.init(Array(path)) }

    /// The directory to open for the parent: `/` for a name right below the root; empty without a slash.
    package var directory: [UInt8] { hasParent && parent.isEmpty ? [Self.separator] : parent }

    /// The components of a path that are not empty.
    package static func components(of path: [UInt8]) -> [ArraySlice<UInt8>] { path.split(separator: separator) }
}

extension [UInt8] {
    /// Where the last component of a path starts: behind its last slash.
    package var leafStart: Int { span.leafStart }
}

extension Span<UInt8> {
    /// Where the last component of a path starts: behind its last slash.
    @inlinable package var leafStart: Int {
        var start = count
        while start > 0, self[start - 1] != UInt8(ascii: "/") { start -= 1 }
        return start
    }

    /// Finds the end of a component of a path.
    ///
    /// - Parameter start: Where the component starts, at most the path's length.
    /// - Returns: The place of the next slash, or the path's length.
    @inlinable package func componentEnd(from start: Int) -> Int {
        var end = start
        while end < count, self[end] != UInt8(ascii: "/") { end += 1 }
        return end
    }
}
