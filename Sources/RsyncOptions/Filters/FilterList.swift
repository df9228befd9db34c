/// The rules of `--exclude` and `--include`, and those that a client sends: the first match decides (protocol
/// specification, transfer 21 and session 8).
package struct FilterList: Sendable, Equatable {
    /// The rules, first match first.
    package private(set) var rules: [FilterRule] = []

    /// Makes an empty list: everything is in the transfer.
    package init() {}

    /// Whether there are no rules.
    package var isEmpty: Bool { rules.isEmpty }

    /// Adds a rule after the others.
    ///
    /// - Parameter rule: The rule.
    package mutating func append(_ rule: FilterRule) { rules.append(rule) }

    /// Adds the argument of `--exclude` or `--include`.
    ///
    /// - Parameters:
    ///   - argument: A pattern; a leading `+ ` or `- ` overrides the option, `!` clears all rules.
    ///   - isInclude: Whether the option was `--include`.
    /// - Throws: ``FilterError`` for an empty pattern.
    package mutating func append(argument: [UInt8], isInclude: Bool) throws(FilterError) {
        if argument == [UInt8(ascii: "!")] { return rules.removeAll() }
        let isPrefixed = argument.starts(with: Array("+ ".utf8)) || argument.starts(with: Array("- ".utf8))
        let pattern = isPrefixed ? Array(argument.dropFirst(2)) : argument
        guard !pattern.isEmpty else { throw FilterError("an empty pattern among the filter rules") }
        let includes = isPrefixed ? argument[0] == UInt8(ascii: "+") : isInclude
        rules.append(FilterRule(pattern: pattern, isInclude: includes))
    }

    /// Adds a line in the syntax of `--filter` and of the wire.
    ///
    /// - Parameter line: Such as `-r *.bak` or `exclude,s tmp/`.
    /// - Throws: ``FilterError`` for an invalid line, or a kind of rule
    ///   that is not supported: merge files, absolute paths, CVS rules, attribute names.
    package mutating func append(line: [UInt8]) throws(FilterError) {
        switch try FilterLine(line) {
        case .rule(let rule): rules.append(rule)
        case .clear: rules.removeAll()
        }
    }

    /// Whether a name is left out by the sender, or protected from deletion by the receiver.
    ///
    /// A name below an excluded directory is not checked: a walk does not get there.
    ///
    /// - Parameters:
    ///   - name: Relative to the transfer's root, without slashes at its ends.
    ///   - isDirectory: Whether it is a directory's.
    ///   - side: The side that asks.
    ///   - isInDeletedDirectory: Whether its directory is being deleted; perishable rules do not apply then.
    /// - Returns: The verdict of the first matching rule; false without one.
    package func isExcluded(
        _ name: Span<UInt8>,
        isDirectory: Bool,
        side: FilterRule.Sides,
        isInDeletedDirectory: Bool = false
    ) -> Bool {
        for index in rules.indices where rules[index].sides.contains(side) {
            if isInDeletedDirectory, rules[index].isPerishable { continue }
            if rules[index].matches(name, isDirectory: isDirectory) { return !rules[index].isInclude }
        }
        return false
    }
}
