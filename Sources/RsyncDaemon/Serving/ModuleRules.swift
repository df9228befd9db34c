import LinuxSystem
import ProcessSupport
import RsyncOptions

/// The filter rules of a module, from its five parameters (rsyncd.conf(5), `filter`).
struct ModuleRules {
    private let settings: ModuleSettings
    private let variables: SessionVariables

    init(_ settings: ModuleSettings, _ variables: SessionVariables) {
        (self.settings, self.variables) = (settings, variables)
    }

    /// The rules, in their order of priority.
    ///
    /// - Throws: `FilterError` for an invalid rule, a file that cannot be read, and rules in files of directories, which
    ///   a module cannot have here.
    func list() throws(FilterError) -> FilterList {
        var list = FilterList()
        let reader = FilterReader(source: { (path) throws(FilterError) in try Self.contents(path) })
        for line in Self.lines(of: variables.expand(settings.filter), startingWith: Self.isKind) {
            try reader.add(line: line, to: &list)
        }
        try add(file: settings.includeFrom, isInclude: true, reader, to: &list)
        try add(words: settings.include, isInclude: true, reader, to: &list)
        try add(file: settings.excludeFrom, isInclude: false, reader, to: &list)
        try add(words: settings.exclude, isInclude: false, reader, to: &list)
        guard !list.hasDirectoryMerges else { throw FilterError("a module cannot have dir-merge rules") }
        return list
    }

    private func add(
        file: VariableText,
        isInclude: Bool,
        _ reader: FilterReader,
        to list: inout FilterList
    ) throws(FilterError) {
        let path = variables.expand(file)
        guard !path.isEmpty else { return }
        let shown = PrintableText.ofPeer(path)
        try reader.add(patterns: try Self.contents(path), of: shown, isInclude: isInclude, to: &list)
    }

    private func add(
        words: VariableText,
        isInclude: Bool,
        _ reader: FilterReader,
        to list: inout FilterList
    ) throws(FilterError) {
        let isSign = { (word: [UInt8]) in word == [UInt8(ascii: "-")] || word == [UInt8(ascii: "+")] }
        for word in Self.lines(of: variables.expand(words), startingWith: isSign) {
            try list.append(argument: word, isInclude: isInclude)
        }
    }

    /// Splits at blanks, except behind a word to which the next one belongs.
    static func lines(of text: [UInt8], startingWith takesPattern: ([UInt8]) -> Bool) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start: [UInt8]?
        for word in text.split(whereSeparator: ConfigurationLines.isBlank).map(Array.init) {
            if let begun = start {
                lines.append(begun + [UInt8(ascii: " ")] + word)
                start = nil
            } else if takesPattern(word) {
                start = word
            } else {
                lines.append(word)
            }
        }
        return lines + (start.map { [$0] } ?? [])
    }

    /// Whether a word is a rule's kind, with modifiers, to which a pattern belongs.
    static func isKind(_ word: [UInt8]) -> Bool {
        let text = String(decoding: word, as: UTF8.self)
        let kind = text.prefix { $0 != "," }
        if ["exclude", "include", "merge", "dir-merge", "hide", "show", "protect", "risk"].contains(kind) {
            return true
        }
        guard let first = text.first, "+-.:HSPR".contains(first) else { return false }
        return text.dropFirst().drop { $0 == "," }.allSatisfy { "/!Csrpxenw+-".contains($0) }
    }

    private static func contents(_ path: [UInt8]) throws(FilterError) -> [UInt8] {
        do throws(SystemError) {
            return try SmallFile(path).contents(limit: 1 << 20)
        } catch {
            throw FilterError("\(PrintableText.ofPeer(path)): \(SystemError.text(of: error.number))")
        }
    }
}
