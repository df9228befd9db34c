import LinuxSystem

/// One rule in the syntax of `--filter`, which is also that of files and of the wire.
enum FilterLine {
    /// A pattern.
    case rule(FilterRule)
    /// `!`: clear all rules so far.
    case clear
    /// `-C`: the CVS rules.
    case cvsRules
    /// `.`: a file whose rules take the place of this one.
    case file(name: [UInt8], MergeFormat, RuleTraits, hidesItself: Bool)
    /// `:`: a file in each directory.
    case directoryMerge(DirectoryMerge, hidesItself: Bool)

    private enum Kind {
        case rule(isInclude: Bool, FilterRule.Sides)
        case clear
        case merge(isPerDirectory: Bool)
    }

    private static func kind(_ letter: UInt8) -> Kind? {
        switch letter {
        case UInt8(ascii: "-"): .rule(isInclude: false, [])
        case UInt8(ascii: "+"): .rule(isInclude: true, [])
        case UInt8(ascii: "H"): .rule(isInclude: false, .sender)
        case UInt8(ascii: "S"): .rule(isInclude: true, .sender)
        case UInt8(ascii: "P"): .rule(isInclude: false, .receiver)
        case UInt8(ascii: "R"): .rule(isInclude: true, .receiver)
        case UInt8(ascii: "!"): .clear
        case UInt8(ascii: "."): .merge(isPerDirectory: false)
        case UInt8(ascii: ":"): .merge(isPerDirectory: true)
        default: nil
        }
    }

    private static let words: [(String, UInt8)] = [
        ("exclude", UInt8(ascii: "-")), ("include", UInt8(ascii: "+")), ("hide", UInt8(ascii: "H")),
        ("show", UInt8(ascii: "S")), ("protect", UInt8(ascii: "P")), ("risk", UInt8(ascii: "R")),
        ("clear", UInt8(ascii: "!")), ("merge", UInt8(ascii: ".")), ("dir-merge", UInt8(ascii: ":")),
    ]

    /// Whether a word of a file is a rule whose pattern is the next word.
    static func lacksPattern(_ word: [UInt8]) -> Bool {
        var rest = word[...]
        guard let kind = takeKind(&rest) else { return false }
        if case .clear = kind { return false }
        return !rest.contains { [UInt8(ascii: " "), UInt8(ascii: "_"), UInt8(ascii: "C")].contains($0) }
    }

    private static func unexpectedEnd(_ text: String) -> FilterError {
        FilterError("unexpected end of filter rule: \(text)")
    }

    /// Reads a rule.
    ///
    /// - Parameters:
    ///   - text: Such as `-r *.bak` or `exclude,s tmp/`.
    ///   - origin: How messages name a rule of a file; nil to show the rule itself.
    /// - Throws: ``FilterError`` for an invalid rule.
    init(_ text: [UInt8], of origin: String? = nil) throws(FilterError) {
        let shown = origin ?? PrintableText.ofPeer(text)
        var rest = text[...]
        guard let kind = Self.takeKind(&rest) else { throw FilterError("Unknown filter rule: \(shown)") }
        if case .clear = kind {
            guard rest.isEmpty else { throw FilterError("'!' rule has trailing characters: \(shown)") }
            self = .clear
            return
        }
        if rest.first == UInt8(ascii: ",") { rest.removeFirst() }
        var modifiers: [(letter: UInt8, position: Int)] = []
        while let letter = rest.first, letter != UInt8(ascii: " "), letter != UInt8(ascii: "_") {
            modifiers.append((letter, rest.startIndex))
            rest.removeFirst()
        }
        rest = rest.dropFirst()
        func invalid(_ modifier: (letter: UInt8, position: Int)) -> FilterError {
            let letter = PrintableText.ofPeer([modifier.letter])
            return FilterError("invalid modifier '\(letter)' at position \(modifier.position) in filter rule: \(shown)")
        }
        switch kind {
        case .clear: self = .clear
        case .rule(let isInclude, let sides):
            var traits = RuleTraits()
            var isCVS = false
            for modifier in modifiers {
                if modifier.letter == UInt8(ascii: "C"), !isInclude, sides.isEmpty {
                    isCVS = true
                    continue
                }
                let (before, known) = (traits.sides, traits.take(modifier.letter))
                guard known, sides.isEmpty || traits.sides == before else { throw invalid(modifier) }
            }
            if isCVS {
                self = .cvsRules
                return
            }
            guard !rest.isEmpty else { throw Self.unexpectedEnd(shown) }
            traits.sides.formUnion(sides)
            self = .rule(FilterRule(pattern: Array(rest), isInclude: isInclude, traits: traits))
        case .merge(let isPerDirectory):
            var (format, traits, hidesItself) = (MergeFormat(), RuleTraits(), false)
            for modifier in modifiers {
                guard Self.take(modifier.letter, &format, &traits, &hidesItself) else { throw invalid(modifier) }
            }
            if rest.isEmpty, format.isCVS { rest = Array(".cvsignore".utf8)[...] }
            guard !rest.isEmpty else { throw Self.unexpectedEnd(shown) }
            let name = Array(rest)
            self =
                isPerDirectory
                ? .directoryMerge(
                    DirectoryMerge(path: name, format: format, traits: traits),
                    hidesItself: hidesItself
                ) : .file(name: name, format, traits, hidesItself: hidesItself)
        }
    }

    /// Takes a modifier of a merge file.
    private static func take(
        _ letter: UInt8,
        _ format: inout MergeFormat,
        _ traits: inout RuleTraits,
        _ hidesItself: inout Bool
    ) -> Bool {
        switch letter {
        case UInt8(ascii: "-") where format.includes == nil: format.includes = false
        case UInt8(ascii: "+") where format.includes == nil: format.includes = true
        case UInt8(ascii: "C"): format = .cvs
        case UInt8(ascii: "e"): hidesItself = true
        case UInt8(ascii: "n"): format.isLocal = true
        case UInt8(ascii: "w"): format.splitsWords = true
        case UInt8(ascii: "!"): return false
        default: return traits.take(letter)
        }
        return true
    }

    private static func takeKind(_ rest: inout ArraySlice<UInt8>) -> Kind? {
        for (word, letter) in words where rest.starts(with: word.utf8) {
            let end = rest.dropFirst(word.utf8.count)
            guard end.isEmpty || Array(", _".utf8).contains(end[end.startIndex]) else { continue }
            rest = end
            return kind(letter)
        }
        guard let first = rest.first, let kind = kind(first) else { return nil }
        rest.removeFirst()
        return kind
    }
}
