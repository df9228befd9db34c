/// The filter rules of a transfer: the first match decides (protocol specification, transfer 21 and session 8).
package struct FilterList: Sendable, Equatable {
    /// The rules, first match first.
    package internal(set) var rules: [FilterRule] = []

    /// Makes an empty list: everything is in the transfer.
    package init() {}

    /// Whether there are no rules.
    package var isEmpty: Bool { rules.isEmpty }

    /// Adds a rule after the others.
    package mutating func append(_ rule: FilterRule) { rules.append(rule) }

    /// Adds the argument of `--exclude` or `--include`.
    ///
    /// - Parameters:
    ///   - argument: A pattern; a leading `+ ` or `- ` overrides the option, `!` clears all rules.
    ///   - isInclude: Whether the option was `--include`.
    /// - Throws: ``FilterError`` for an empty pattern.
    package mutating func append(argument: [UInt8], isInclude: Bool) throws(FilterError) {
        let (pattern, kind) = try OldPattern.read(argument, isInclude: isInclude)
        guard let kind else { return rules.removeAll() }
        guard !pattern.isEmpty else { throw FilterError("an empty pattern among the filter rules") }
        rules.append(FilterRule(pattern: pattern, isInclude: kind))
    }

    /// Adds a line in the syntax of `--filter` and of the wire, which names no file to be read.
    ///
    /// - Parameter line: Such as `-r *.bak` or `exclude,s tmp/`.
    /// - Throws: ``FilterError`` for an invalid line.
    package mutating func append(line: [UInt8]) throws(FilterError) {
        try FilterReader().add(line: line, to: &self)
    }

    /// Adds what `--cvs-exclude` stands for.
    ///
    /// - Parameters:
    ///   - reader: Has the user's own patterns.
    ///   - origin: Whether the rules are to be sent to a sender.
    /// - Throws: ``FilterError`` for a pattern of the user that is too long.
    package mutating func appendCVSRules(
        _ reader: FilterReader,
        origin: FilterRule.Origin = .cvsOption
    ) throws(FilterError) {
        var merge = FilterRule(DirectoryMerge(path: Array(".cvsignore".utf8), format: .cvs, traits: RuleTraits()))
        merge.origin = origin
        rules.append(merge)
        rules += try reader.cvsRules(origin)
    }

    /// Lets rules that name no side concern the sender only (`--delete-excluded`); files of rules of every kind are
    /// left to their contents.
    package mutating func limitUnqualifiedRules() {
        for index in rules.indices where rules[index].isUnqualified { rules[index].traits.sides = .sender }
    }

    /// Whether a rule is about names of extended attributes.
    package var concernsAttributes: Bool { rules.contains { $0.traits.namesAttributes && $0.merge == nil } }

    /// Whether there are rules in files of the directories.
    package var hasDirectoryMerges: Bool { rules.contains { $0.merge != nil } }

    /// Whether a name is left out by the sender, or protected from deletion by the receiver; see ``match(_:isDirectory:side:isInDeletedDirectory:in:)``.
    package func isExcluded(
        _ name: Span<UInt8>,
        isDirectory: Bool,
        side: FilterRule.Sides,
        isInDeletedDirectory: Bool = false,
        in scope: FilterScope = FilterScope()
    ) -> Bool {
        let match = match(
            name,
            isDirectory: isDirectory,
            side: side,
            isInDeletedDirectory: isInDeletedDirectory,
            in: scope
        )
        return match?.isExcluding ?? false
    }

    /// The rule that decides about a name: the first that matches.
    ///
    /// A name below an excluded directory is not checked: a walk does not get there.
    ///
    /// - Parameters:
    ///   - name: Relative to the transfer's root, without slashes at its ends.
    ///   - isDirectory: Whether it is a directory's.
    ///   - side: The side that asks.
    ///   - isInDeletedDirectory: Whether its directory is being deleted; perishable rules do not apply then.
    ///   - scope: The rules of merge files in its directory.
    /// - Returns: Nil if none matches, so that the name is in the transfer.
    package func match(
        _ name: Span<UInt8>,
        isDirectory: Bool,
        side: FilterRule.Sides,
        isInDeletedDirectory: Bool = false,
        in scope: FilterScope = FilterScope()
    ) -> FilterMatch? {
        var merges = 0
        for index in rules.indices {
            if let merge = rules[index].merge {
                defer { merges += 1 }
                guard merges < scope.merges.count else { continue }
                let query = FilterQuery(isDirectory: isDirectory, side: side, isInDeletedDirectory, root: scope.root)
                if let match = scope.merges[merges].match(name, query, of: merge) { return match }
                continue
            }
            guard rules[index].sides.contains(side), !rules[index].traits.namesAttributes else { continue }
            if isInDeletedDirectory, rules[index].isPerishable { continue }
            if rules[index].matches(name, isDirectory: isDirectory, anchor: .root, root: scope.root) {
                return FilterMatch(rule: rules[index], file: nil)
            }
        }
        return nil
    }

    /// Whether a directory that has nothing in the transfer is kept by a rule that protects it (rsync(1),
    /// `--prune-empty-dirs`).
    package func protectsFromPruning(_ name: Span<UInt8>) -> Bool {
        isExcluded(name, isDirectory: true, side: .receiver)
    }

    /// Whether a rule for names of extended attributes leaves one out.
    ///
    /// - Returns: Nil if no rule concerns attributes of this side, so that the usual selection applies (rsync(1),
    ///   `--xattrs`).
    package func excludes(attribute name: [UInt8], side: FilterRule.Sides) -> Bool? {
        var concerns = false
        for rule in rules where rule.traits.namesAttributes && rule.sides.contains(side) && rule.merge == nil {
            concerns = true
            if rule.matches(name.span, isDirectory: false, anchor: .root, root: []) { return !rule.isInclude }
        }
        return concerns ? false : nil
    }
}

extension FilterRule {
    /// Whether `--delete-excluded` makes it a rule of the sender.
    fileprivate var isUnqualified: Bool { namedSides.isEmpty && (merge == nil || merge?.format.includes != nil) }
}
