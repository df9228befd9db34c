/// A pattern of a filter rule, ready to be compared with names (protocol specification, transfer 21).
struct FilterPattern: Sendable, Equatable {
    private static let slash = UInt8(ascii: "/")
    private static let star = UInt8(ascii: "*")

    /// The pattern as it was written, without the slash at the end that requests directories.
    let text: [UInt8]
    /// Whether it had a trailing slash.
    let isDirectoryOnly: Bool
    /// That slash.
    var end: [UInt8] { isDirectoryOnly ? [Self.slash] : [] }
    /// The part that is compared: without a leading slash.
    private let body: [UInt8]
    /// It had a leading slash: it is compared with the whole name.
    let isAnchored: Bool
    private let hasWildcards: Bool
    private let hasDoubleStar: Bool
    private let startsWithDoubleStar: Bool
    /// It ends in `***`: a directory itself matches as well as what is in it.
    private let takesContents: Bool
    private let slashCount: Int

    /// Prepares a pattern.
    ///
    /// - Parameter pattern: As it was written, not empty.
    init(_ pattern: [UInt8]) {
        isDirectoryOnly = pattern.count > 1 && pattern.last == Self.slash
        text = isDirectoryOnly ? pattern.dropLast() : pattern
        isAnchored = text.first == Self.slash
        body = isAnchored ? Array(text.dropFirst()) : text
        hasWildcards = text.contains { $0 == Self.star || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }
        hasDoubleStar = zip(text, text.dropFirst()).contains { $0 == Self.star && $1 == Self.star }
        startsWithDoubleStar = body.starts(with: [Self.star, Self.star])
        takesContents = text.suffix(3) == [Self.star, Self.star, Self.star]
        slashCount = body.count { $0 == Self.slash }
    }

    /// Whether a name matches.
    ///
    /// - Parameters:
    ///   - name: Relative to the transfer's root, without slashes at its ends.
    ///   - isDirectory: Whether it is a directory's.
    /// - Returns: Whether the rule applies.
    func matches(_ name: Span<UInt8>, isDirectory: Bool) -> Bool {
        if isDirectoryOnly, !isDirectory { return false }
        let end = name.count + (takesContents && isDirectory ? 1 : 0)
        if isAnchored { return matches(name, from: 0, to: end) }
        guard hasDoubleStar else {
            guard let start = tailStart(of: name, components: slashCount + 1, end: end) else { return false }
            return matches(name, from: start, to: end)
        }
        if startsWithDoubleStar { return matches(name, from: -1, to: end) }
        if matches(name, from: 0, to: end) { return true }
        for index in name.indices where name[index] == Self.slash && index + 1 < end {
            if matches(name, from: index + 1, to: end) { return true }
        }
        return false
    }

    /// Where the last components of a name start; nil when it has fewer.
    private func tailStart(of name: Span<UInt8>, components: Int, end: Int) -> Int? {
        var missing = components
        var index = end
        while index > 0 {
            if index <= name.count ? index < name.count && name[index] == Self.slash : true, index < end {
                missing -= 1
                if missing == 0 { return index + 1 }
            }
            index -= 1
        }
        return missing == 1 ? 0 : nil
    }

    private func matches(_ name: Span<UInt8>, from start: Int, to end: Int) -> Bool {
        guard hasWildcards else {
            guard end - start == body.count else { return false }
            for index in body.indices where body[index] != name[start + index] { return false }
            return true
        }
        return Wildcard.matches(body.span, name, from: start, to: end)
    }
}

/// A pattern for one component of a path.
package struct NamePattern: Sendable {
    private let pattern: [UInt8]

    /// Makes a pattern of `*`, `?`, `[...]` and the backslash.
    package init(_ pattern: [UInt8]) { self.pattern = pattern }

    /// Whether a whole name matches.
    package func matches(_ name: [UInt8]) -> Bool {
        Wildcard.matches(pattern.span, name.span, from: 0, to: name.count)
    }
}
