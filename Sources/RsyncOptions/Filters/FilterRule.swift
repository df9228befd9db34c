/// One rule of a filter list (protocol specification, session 8.2; rsync(1), "FILTER RULES").
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

    /// Where a rule comes from, which decides how it is sent.
    package enum Origin: Sendable, Equatable {
        /// It was written: in an option, in a file, or by the peer.
        case written
        /// It is one of the CVS rules that a rule `-C` stands for; a sender makes its own of `-C`.
        case cvsRule
        /// It comes with `--cvs-exclude`, which a sender is told by its letter.
        case cvsOption
        /// It comes with the directory for partial files; before protocol 30 it is sent without `p`.
        case partialDirectory
    }

    /// Whether a match includes the name; it excludes it otherwise.
    package let isInclude: Bool
    /// Its modifiers.
    package internal(set) var traits: RuleTraits
    /// What is compared with names; for a per-directory merge file, its name.
    let pattern: FilterPattern
    /// The per-directory merge file that the rule stands for; nil for a pattern.
    package let merge: DirectoryMerge?
    /// Where it comes from.
    package internal(set) var origin = Origin.written
    /// Whether it was read from a file on this side.
    package internal(set) var isFromFile = false

    /// The bytes of the pattern, without the slash at the end that requests directories.
    package var patternLength: Int { pattern.text.count }
    /// Whether it is one of those that `-C` stands for.
    var isOfCVS: Bool { origin == .cvsRule || origin == .cvsOption }
    /// The sides that were named; it concerns both when empty.
    package var namedSides: Sides { traits.sides }
    /// The sides it concerns.
    package var sides: Sides { namedSides.isEmpty ? [.sender, .receiver] : namedSides }
    /// Whether it does not protect what is in a directory that is being deleted.
    package var isPerishable: Bool { traits.isPerishable }

    /// Makes a rule.
    ///
    /// - Parameters:
    ///   - pattern: The pattern, not empty.
    ///   - isInclude: Whether a match includes the name.
    ///   - traits: Its modifiers.
    package init(pattern: [UInt8], isInclude: Bool, traits: RuleTraits = RuleTraits()) {
        precondition(!pattern.isEmpty, "a rule has a pattern")
        self.pattern = FilterPattern(pattern)
        self.isInclude = isInclude
        self.traits = traits
        merge = nil
    }

    /// Makes a rule that stands for the rules of a file in each directory.
    package init(_ merge: DirectoryMerge) {
        pattern = FilterPattern(merge.path)
        isInclude = false
        traits = merge.traits
        self.merge = merge
    }

    /// The rule as sent: type, modifiers, one space, pattern.
    ///
    /// - Parameter keepsPerishable: Whether the peer knows perishable rules (protocol 30).
    /// - Returns: Its bytes.
    package func wireText(keepsPerishable: Bool = true) -> [UInt8] {
        var traits = traits
        if !keepsPerishable { traits.isPerishable = false }
        if let merge { return Array(":\(merge.format.letters)\(traits.letters) ".utf8) + merge.path }
        let prefix = (isInclude ? "+" : "-") + traits.letters + " "
        return Array(prefix.utf8) + pattern.text + pattern.end
    }

    /// The rule as sent before protocol 29, which knows patterns only, to a side that it concerns; nil if it cannot be
    /// expressed.
    package var oldText: [UInt8]? {
        guard merge == nil, traits == RuleTraits(sides: namedSides, isPerishable: isPerishable) else { return nil }
        let pattern = pattern.text + pattern.end
        if isInclude { return Array("+ ".utf8) + pattern }
        let isAmbiguous = pattern.starts(with: "+ ".utf8) || pattern.starts(with: "- ".utf8) || pattern == [0x21]
        return isAmbiguous ? Array("- ".utf8) + pattern : pattern
    }

    /// Whether the rule decides about a name.
    ///
    /// - Parameters:
    ///   - name: Relative to the transfer's root, without slashes at its ends.
    ///   - isDirectory: Whether it is a directory's.
    ///   - anchor: The directory that a leading slash of the pattern stands for.
    ///   - root: The absolute path of the transfer's root, without slashes at its ends.
    /// - Returns: Whether it is the one that decides, if no earlier one does.
    func matches(_ name: Span<UInt8>, isDirectory: Bool, anchor: FilterAnchor, root: [UInt8]) -> Bool {
        if traits.isAbsolute { return matches(name, below: root, isDirectory) }
        guard pattern.isAnchored else { return pattern.matches(name, isDirectory: isDirectory) != traits.isNegated }
        switch anchor {
        case .root: return pattern.matches(name, isDirectory: isDirectory) != traits.isNegated
        case .below(let offset):
            let rest = name.extracting(droppingFirst: offset)
            return pattern.matches(rest, isDirectory: isDirectory) != traits.isNegated
        case .above(let prefix): return matches(name, below: prefix, isDirectory)
        }
    }

    private func matches(_ name: Span<UInt8>, below prefix: [UInt8], _ isDirectory: Bool) -> Bool {
        var path = prefix
        if !path.isEmpty { path.append(UInt8(ascii: "/")) }
        for index in name.indices { path.append(name[index]) }
        return pattern.matches(path.span, isDirectory: isDirectory) != traits.isNegated
    }
}

/// The directory that a leading slash of a pattern stands for.
package enum FilterAnchor: Sendable, Equatable {
    /// The transfer's root.
    case root
    /// A directory below it: how many bytes of a name lead there, with the slash.
    case below(Int)
    /// A directory above it: the path from there to the root, without slashes at its ends.
    case above([UInt8])
}

/// The modifiers that a rule can have, and a merge file for all of its rules (rsync(1), "FILTER RULE MODIFIERS").
package struct RuleTraits: Sendable, Equatable {
    /// `s`, `r`: the sides that are named; empty for both.
    package var sides: FilterRule.Sides
    /// `!`: it matches the names that its pattern does not match.
    package var isNegated: Bool
    /// `p`: it is void in directories that are being deleted.
    package var isPerishable: Bool
    /// `/`: the pattern is compared with the absolute path.
    package var isAbsolute: Bool
    /// `x`: it concerns names of extended attributes, not of files.
    package var namesAttributes: Bool

    /// Makes a set of modifiers.
    package init(
        sides: FilterRule.Sides = [],
        isNegated: Bool = false,
        isPerishable: Bool = false,
        isAbsolute: Bool = false,
        namesAttributes: Bool = false
    ) {
        self.sides = sides
        self.isNegated = isNegated
        self.isPerishable = isPerishable
        self.isAbsolute = isAbsolute
        self.namesAttributes = namesAttributes
    }

    /// Takes a modifier's letter.
    ///
    /// - Returns: False if it is not one of these.
    mutating func take(_ letter: UInt8) -> Bool {
        switch letter {
        case UInt8(ascii: "/"): isAbsolute = true
        case UInt8(ascii: "!"): isNegated = true
        case UInt8(ascii: "s"): sides.insert(.sender)
        case UInt8(ascii: "r"): sides.insert(.receiver)
        case UInt8(ascii: "p"): isPerishable = true
        case UInt8(ascii: "x"): namesAttributes = true
        default: return false
        }
        return true
    }

    /// These modifiers and a file's.
    func joined(with file: RuleTraits) -> RuleTraits {
        RuleTraits(
            sides: sides.union(file.sides),
            isNegated: isNegated,
            isPerishable: isPerishable || file.isPerishable,
            isAbsolute: isAbsolute || file.isAbsolute,
            namesAttributes: namesAttributes || file.namesAttributes
        )
    }

    /// The letters in the order in which rsync sends them (protocol specification, session 8.2).
    var letters: String {
        let letters = [
            (isAbsolute, "/"), (isNegated, "!"), (namesAttributes, "x"), (sides.contains(.sender), "s"),
            (sides.contains(.receiver), "r"), (isPerishable, "p"),
        ]
        return letters.filter(\.0).map(\.1).joined()
    }
}
