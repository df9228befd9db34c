import LinuxSystem

/// What a line of filter syntax requests.
enum FilterLine {
    /// A rule to append.
    case rule(FilterRule)
    /// `!`: clear all rules so far.
    case clear

    private enum Kind {
        case rule(isInclude: Bool, FilterRule.Sides)
        case clear
        case merge
    }

    private static let letters: [UInt8: Kind] = [
        UInt8(ascii: "-"): .rule(isInclude: false, []), UInt8(ascii: "+"): .rule(isInclude: true, []),
        UInt8(ascii: "H"): .rule(isInclude: false, .sender), UInt8(ascii: "S"): .rule(isInclude: true, .sender),
        UInt8(ascii: "P"): .rule(isInclude: false, .receiver), UInt8(ascii: "R"): .rule(isInclude: true, .receiver),
        UInt8(ascii: "!"): .clear, UInt8(ascii: "."): .merge, UInt8(ascii: ":"): .merge,
    ]

    private static let words: [(String, UInt8)] = [
        ("exclude", UInt8(ascii: "-")), ("include", UInt8(ascii: "+")), ("hide", UInt8(ascii: "H")),
        ("show", UInt8(ascii: "S")), ("protect", UInt8(ascii: "P")), ("risk", UInt8(ascii: "R")),
        ("clear", UInt8(ascii: "!")), ("merge", UInt8(ascii: ".")), ("dir-merge", UInt8(ascii: ":")),
    ]

    /// Reads a line in the syntax of `--filter`, which is also the wire's.
    ///
    /// - Parameter text: Such as `-r *.bak` or `exclude,s tmp/`.
    /// - Throws: ``FilterError`` for an invalid or unsupported line.
    init(_ text: [UInt8]) throws(FilterError) {
        var rest = text[...]
        func failure(_ what: String) -> FilterError {
            FilterError("\(what) in filter rule \"\(Self.shown(text))\"")
        }
        guard let kind = Self.takeKind(&rest) else { throw failure("unknown rule type") }
        switch kind {
        case .merge: throw failure("merge files are not supported:")
        case .clear:
            guard rest.isEmpty else { throw failure("unexpected text after \"!\"") }
            self = .clear
        case .rule(let isInclude, var sides):
            var isNegated = false
            var isPerishable = false
            if rest.first == UInt8(ascii: ",") { rest.removeFirst() }
            while let modifier = rest.popFirst(), modifier != UInt8(ascii: " "), modifier != UInt8(ascii: "_") {
                switch modifier {
                case UInt8(ascii: "!"): isNegated = true
                case UInt8(ascii: "s"): sides.insert(.sender)
                case UInt8(ascii: "r"): sides.insert(.receiver)
                case UInt8(ascii: "p"): isPerishable = true
                case UInt8(ascii: "/"), UInt8(ascii: "C"), UInt8(ascii: "x"):
                    throw failure("the modifier \"\(Self.shown([modifier]))\" is not supported:")
                default: throw failure("unknown modifier \"\(Self.shown([modifier]))\"")
                }
            }
            guard !rest.isEmpty else { throw failure("no pattern") }
            self = .rule(
                FilterRule(
                    pattern: Array(rest),
                    isInclude: isInclude,
                    sides: sides,
                    isNegated: isNegated,
                    isPerishable: isPerishable
                )
            )
        }
    }

    private static func takeKind(_ rest: inout ArraySlice<UInt8>) -> Kind? {
        for (word, letter) in words where rest.starts(with: word.utf8) {
            let end = rest.dropFirst(word.utf8.count)
            guard end.isEmpty || Array(", _".utf8).contains(end[end.startIndex]) else { continue }
            rest = end
            return letters[letter]
        }
        guard let first = rest.first, let kind = letters[first] else { return nil }
        rest.removeFirst()
        return kind
    }

    private static func shown(_ bytes: [UInt8]) -> String {
        PrintableText.ofPeer(bytes)
    }
}
