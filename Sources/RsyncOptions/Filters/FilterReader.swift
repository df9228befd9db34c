/// Reads rules from options, files and the wire.
package struct FilterReader {
    /// Reads a file of rules: its path.
    package typealias FileSource = (_ path: [UInt8]) throws(FilterError) -> [UInt8]

    /// How the rules of a file are written.
    private enum Style {
        /// In the syntax of `--filter`.
        case full
        /// As patterns; `!` clears in a file of CVS.
        case patterns(isInclude: Bool, clears: Bool)
        /// As the patterns of `--exclude-from` and `--include-from`, where `+ `, `- ` and `!` have a meaning.
        case old(isInclude: Bool)
    }

    /// The most files that may name each other (protocol specification, session 12.1).
    private static let depthLimit = 32
    /// The longest rule, in bytes.
    private static let lengthLimit = 4095

    /// Reads the files of `.` rules; nil where none may be named.
    private let source: FileSource?
    /// Whether rules in files end with a NUL (`--from0`).
    private let isNULSeparated: Bool
    /// What `$HOME/.cvsignore` and `$CVSIGNORE` say, as words.
    private let userCVSPatterns: () -> [UInt8]

    /// Prepares to read.
    ///
    /// - Parameters:
    ///   - isNULSeparated: Whether rules in files end with a NUL (`--from0`).
    ///   - userCVSPatterns: What `$HOME/.cvsignore` and `$CVSIGNORE` say, as words.
    ///   - source: Reads the files of `.` rules; nil where none may be named.
    package init(
        isNULSeparated: Bool = false,
        userCVSPatterns: @escaping () -> [UInt8] = { [] },
        source: FileSource? = nil
    ) {
        self.isNULSeparated = isNULSeparated
        self.userCVSPatterns = userCVSPatterns
        self.source = source
    }

    /// Adds a rule in the syntax of `--filter`.
    package func add(line: [UInt8], to list: inout FilterList) throws(FilterError) {
        var target = Target(taking: &list)
        defer { list.rules = target.rules }
        try add(line, .full, RuleTraits(), named: nil, inFile: "", depth: 0, to: &target)
    }

    /// Adds the contents of a file of `--exclude-from` or `--include-from`.
    package func add(
        patterns contents: [UInt8],
        of name: String,
        isInclude: Bool,
        to list: inout FilterList
    ) throws(FilterError) {
        var target = Target(taking: &list)
        defer { list.rules = target.rules }
        try add(file: contents, .old(isInclude: isInclude), MergeFormat(), RuleTraits(), name, depth: 0, to: &target)
    }

    /// The rules that `-C` stands for (rsync(1), `--cvs-exclude`).
    package func cvsRules(_ origin: FilterRule.Origin) throws(FilterError) -> [FilterRule] {
        let builtIn = CVSPatterns.builtIn.map { pattern in
            FilterRule(pattern: Array(pattern.utf8), isInclude: false, traits: RuleTraits(isPerishable: true))
        }
        var target = Target(rules: builtIn)
        try add(file: userCVSPatterns(), MergeFormat.cvs, RuleTraits(), "the CVS patterns", depth: 0, to: &target)
        for index in target.rules.indices { target.rules[index].origin = origin }
        return target.rules
    }

    /// Reads a per-directory file.
    ///
    /// - Returns: Its rules, and whether it clears those that are inherited.
    func rules(
        of contents: [UInt8],
        _ merge: DirectoryMerge,
        named name: String
    ) throws(FilterError) -> (rules: [FilterRule], clearsInherited: Bool) {
        var target = Target(rules: [])
        try add(file: contents, merge.format, merge.traits, name, depth: 0, to: &target)
        return (target.rules, target.wasCleared)
    }

    // MARK: files

    /// Where rules are collected.
    private struct Target {
        var rules: [FilterRule]
        var wasCleared = false

        init(rules: [FilterRule]) { self.rules = rules }

        /// Takes the rules out of a list, so that adding to them does not copy them.
        init(taking list: inout FilterList) {
            rules = []
            swap(&rules, &list.rules)
        }

        mutating func clear() {
            rules = []
            wasCleared = true
        }
    }

    private func add(
        file contents: [UInt8],
        _ format: MergeFormat,
        _ traits: RuleTraits,
        _ name: String,
        depth: Int,
        to target: inout Target
    ) throws(FilterError) {
        let style = format.includes.map { Style.patterns(isInclude: $0, clears: format.isCVS) } ?? .full
        try add(file: contents, style, format, traits, name, depth: depth, to: &target)
    }

    private func add(
        file contents: [UInt8],
        _ style: Style,
        _ format: MergeFormat,
        _ traits: RuleTraits,
        _ name: String,
        depth: Int,
        to target: inout Target
    ) throws(FilterError) {
        if format.splitsWords { return try add(words: contents, style, traits, name, depth: depth, to: &target) }
        let isEnd: (UInt8) -> Bool = isNULSeparated ? { $0 == 0 } : { $0 == 10 || $0 == 13 }
        var number = 0
        for line in contents.split(omittingEmptySubsequences: false, whereSeparator: isEnd) {
            number += 1
            guard let first = line.first, first != UInt8(ascii: ";"), first != UInt8(ascii: "#") else { continue }
            try add(
                Array(line),
                style,
                traits,
                named: "\(name) line \(number)",
                inFile: name,
                depth: depth,
                to: &target
            )
        }
    }

    private func add(
        words contents: [UInt8],
        _ style: Style,
        _ traits: RuleTraits,
        _ name: String,
        depth: Int,
        to target: inout Target
    ) throws(FilterError) {
        var prefix: [UInt8]?
        for word in contents.split(whereSeparator: { $0 == 0x20 || (0x09...0x0d).contains($0) }) {
            if case .full = style, prefix == nil, FilterLine.lacksPattern(Array(word)) {
                prefix = Array(word) + [UInt8(ascii: " ")]
                continue
            }
            try add((prefix ?? []) + word, style, traits, named: name, inFile: name, depth: depth, to: &target)
            prefix = nil
        }
        if let prefix {
            try add(prefix.dropLast(), style, traits, named: name, inFile: name, depth: depth, to: &target)
        }
    }

    // MARK: rules

    /// Adds one rule; `name`: its file and line, nil for a rule of the command line or the wire.
    private func add(
        _ text: [UInt8],
        _ style: Style,
        _ file: RuleTraits,
        named name: String?,
        inFile fileName: String,
        depth: Int,
        to target: inout Target
    ) throws(FilterError) {
        let origin = name.map { "<rule from \($0)>" }
        guard text.count <= Self.lengthLimit + 16 else {
            throw FilterError("a filter rule is longer than \(Self.lengthLimit) bytes: \(origin ?? "")", exitCode: 22)
        }
        let count = target.rules.count
        defer {
            if name != nil {
                for index in target.rules.indices.dropFirst(count) { target.rules[index].isFromFile = true }
            }
        }
        switch style {
        case .old(let isInclude):
            let (pattern, kind) = try OldPattern.read(text, isInclude: isInclude)
            guard let kind else { return target.clear() }
            target.rules.append(FilterRule(pattern: pattern, isInclude: kind))
        case .patterns(let isInclude, let clears):
            if clears, text == [UInt8(ascii: "!")] { return target.clear() }
            target.rules.append(FilterRule(pattern: text, isInclude: isInclude, traits: file))
        case .full:
            try add(try FilterLine(text, of: origin), file, origin, inFile: name, depth: depth, to: &target)
        }
    }

    private func add(
        _ line: FilterLine,
        _ file: RuleTraits,
        _ origin: String?,
        inFile place: String?,
        depth: Int,
        to target: inout Target
    ) throws(FilterError) {
        func traits(_ own: RuleTraits) throws(FilterError) -> RuleTraits {
            guard file.sides.isEmpty || own.sides.isEmpty else {
                throw FilterError("specified-side merge file contains specified-side filter: \(origin ?? "")")
            }
            return own.joined(with: file)
        }
        switch line {
        case .clear: target.clear()
        case .cvsRules: target.rules += try cvsRules(.cvsRule)
        case .rule(var rule):
            rule.traits = try traits(rule.traits)
            target.rules.append(rule)
        case .directoryMerge(let merge, let hidesItself):
            if hidesItself { target.rules.append(FilterRule(pattern: merge.name, isInclude: false)) }
            let joined = DirectoryMerge(path: merge.path, format: merge.format, traits: try traits(merge.traits))
            target.rules.append(FilterRule(joined))
        case .file(let name, let format, let own, let hidesItself):
            if hidesItself { target.rules.append(FilterRule(pattern: name, isInclude: false)) }
            let shown = place.map { "a file named at \($0)" } ?? String(decoding: name, as: UTF8.self)
            guard depth < Self.depthLimit else {
                let text = "merge-file include depth limit (\(Self.depthLimit)) exceeded at \(origin ?? "")"
                throw FilterError(text, exitCode: 11)
            }
            guard let source else { throw FilterError("a merge file may not be named here: \(origin ?? shown)") }
            let contents: [UInt8]
            do throws(FilterError) {
                contents = try source(name)
            } catch {
                // Which files exist is not for a reader of the messages about a file in the tree.
                throw origin.map { FilterError("failed to open exclude file \($0)", exitCode: 11) } ?? error
            }
            try add(file: contents, format, try traits(own), shown, depth: depth + 1, to: &target)
        }
    }
}

/// The argument of `--exclude` or `--include`, and a line of their files.
enum OldPattern {
    /// Reads a pattern.
    ///
    /// - Returns: The pattern and whether it includes; nil instead for `!`, which clears all rules.
    static func read(_ text: [UInt8], isInclude: Bool) throws(FilterError) -> ([UInt8], isInclude: Bool?) {
        if text == [UInt8(ascii: "!")] { return (text, nil) }
        guard text.count >= 2, text[1] == UInt8(ascii: " "),
            text[0] == UInt8(ascii: "+") || text[0] == UInt8(ascii: "-")
        else { return (text, isInclude) }
        guard text.count > 2 else {
            throw FilterError("unexpected end of filter rule: \(String(decoding: text, as: UTF8.self))")
        }
        return (Array(text.dropFirst(2)), text[0] == UInt8(ascii: "+"))
    }
}

/// The patterns that CVS ignores (rsync(1), `--cvs-exclude`).
enum CVSPatterns {
    static let builtIn = [
        "RCS", "SCCS", "CVS", "CVS.adm", "RCSLOG", "cvslog.*", "tags", "TAGS", ".make.state", ".nse_depinfo", "*~",
        "#*", ".#*", ",*", "_$*", "*$", "*.old", "*.bak", "*.BAK", "*.orig", "*.rej", ".del-*", "*.a", "*.olb", "*.o",
        "*.obj", "*.so", "*.exe", "*.Z", "*.elc", "*.ln", "core", ".svn/", ".git/", ".hg/", ".bzr/",
    ]
}
