/// One rule of a filter list (protocol specification, session 8.2).
package struct FilterRule: Sendable, Equatable {
    /// The ends of a transfer that a rule can concern.
    package struct Sides: OptionSet, Sendable {
        /// One bit per side.
        package let rawValue: UInt8
        /// Makes a set from its bits.
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The sender leaves names out.
        package static let sender = Sides(rawValue: 1)
        /// The receiver protects names from deletion.
        package static let receiver = Sides(rawValue: 2)
    }

    /// Whether a match includes the name; it excludes it otherwise.
    package let isInclude: Bool
    /// The sides it was written for; none was named when empty, and it concerns both.
    package let namedSides: Sides
    /// Whether it matches the names that its pattern does not match.
    package let isNegated: Bool
    /// Whether it does not protect what is in a directory that is being deleted.
    package let isPerishable: Bool
    let pattern: FilterPattern
    /// The bytes of the pattern, without the slash at the end that requests directories.
    package var patternLength: Int { pattern.text.count }

    /// The sides it concerns.
    package var sides: Sides { namedSides.isEmpty ? [.sender, .receiver] : namedSides }

    /// Makes a rule.
    ///
    /// - Parameters:
    ///   - pattern: The pattern, not empty.
    ///   - isInclude: Whether a match includes the name.
    ///   - sides: The sides that are named; empty for both.
    ///   - isNegated: Whether it matches what the pattern does not match.
    ///   - isPerishable: Whether it is void in directories that are being deleted.
    package init(
        pattern: [UInt8],
        isInclude: Bool,
        sides: Sides = [],
        isNegated: Bool = false,
        isPerishable: Bool = false
    ) {
        precondition(!pattern.isEmpty, "a rule has a pattern")
        self.pattern = FilterPattern(pattern)
        self.isInclude = isInclude
        namedSides = sides
        self.isNegated = isNegated
        self.isPerishable = isPerishable
    }

    /// The rule as sent: type, modifiers, one space, pattern.
    package var wireText: [UInt8] {
        let modifiers = [
            (isNegated, "!"), (namedSides.contains(.sender), "s"), (namedSides.contains(.receiver), "r"),
            (isPerishable, "p"),
        ]
        let prefix = (isInclude ? "+" : "-") + modifiers.filter(\.0).map(\.1).joined() + " "
        return Array(prefix.utf8) + pattern.text + (pattern.isDirectoryOnly ? [UInt8(ascii: "/")] : [])
    }

    func matches(_ name: Span<UInt8>, isDirectory: Bool) -> Bool {
        pattern.matches(name, isDirectory: isDirectory) != isNegated
    }
}
