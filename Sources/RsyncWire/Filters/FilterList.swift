/// The rules of `--exclude` and `--include`, and those that a client sends: the first match decides (protocol
/// specification, transfer 21 and session 8).
public struct FilterList: Sendable, Equatable {
    private static let lineLimit: Int32 = 5120
    private static let patternLimit = 4096
    private static let countLimit = 16384
    private static let totalLimit = 4 << 20

    /// The rules, first match first.
    public private(set) var rules: [FilterRule] = []

    /// Makes an empty list: everything is in the transfer.
    public init() {}

    /// Whether there are no rules.
    public var isEmpty: Bool { rules.isEmpty }

    /// Adds a rule behind the others.
    ///
    /// - Parameter rule: The rule.
    public mutating func append(_ rule: FilterRule) { rules.append(rule) }

    /// Adds the argument of `--exclude` or `--include`.
    ///
    /// - Parameters:
    ///   - argument: A pattern; `+ ` or `- ` in front says what it does whatever the option, `!` forgets all rules.
    ///   - isInclude: Whether the option was `--include`.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 1 for an empty pattern.
    public mutating func append(argument: [UInt8], isInclude: Bool) throws(WireError) {
        if argument == [UInt8(ascii: "!")] { return rules.removeAll() }
        let isPrefixed = argument.starts(with: Array("+ ".utf8)) || argument.starts(with: Array("- ".utf8))
        let pattern = isPrefixed ? Array(argument.dropFirst(2)) : argument
        guard !pattern.isEmpty else { throw .violation("an empty pattern among the filter rules", exitCode: 1) }
        let includes = isPrefixed ? argument[0] == UInt8(ascii: "+") : isInclude
        rules.append(FilterRule(pattern: pattern, isInclude: includes))
    }

    /// Adds a line in the syntax of `--filter` and of the wire.
    ///
    /// - Parameter line: Such as `-r *.bak` or `exclude,s tmp/`.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 1 for a line that is not understood, or a kind of rule
    ///   that is not supported: merge files, absolute paths, CVS rules, attribute names.
    public mutating func append(line: [UInt8]) throws(WireError) {
        switch try FilterLine(line) {
        case .rule(let rule): rules.append(rule)
        case .clear: rules.removeAll()
        }
    }

    // MARK: names

    /// Whether a name is left out by the sender, or protected from deletion by the receiver.
    ///
    /// A name below an excluded directory is not looked up: a walk does not get there.
    ///
    /// - Parameters:
    ///   - name: Relative to the transfer's root, without slashes at its ends.
    ///   - isDirectory: Whether it is a directory's.
    ///   - side: The side that asks.
    ///   - isInDeletedDirectory: Whether the directory around it is being deleted; perishable rules are void then.
    /// - Returns: What the first rule that matches says; false without one.
    public func isExcluded(
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

    // MARK: wire

    /// Writes the rules that concern the peer, and the end of the list.
    ///
    /// - Parameters:
    ///   - side: The peer's side.
    ///   - output: Where they go.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    public func write(for side: FilterRule.Sides, to output: WireOutput) throws(WireError) {
        for rule in rules where rule.sides.contains(side) {
            let text = rule.wireText
            try output.int32(Int32(text.count))
            try output.bytes(text)
        }
        try output.int32(0)
    }

    /// Reads a client's list to its end.
    ///
    /// - Parameter input: Where it comes from.
    /// - Returns: The rules, for both sides.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 22 for a length or number over the limits (protocol
    ///   specification, session 12.1), 1 for a rule that is not understood or not supported.
    public static func read(from input: WireInput) throws(WireError) -> FilterList {
        var list = FilterList()
        var count = 0
        var total = 0
        while true {
            let length = try input.int32("the length of a filter rule")
            if length == 0 { return list }
            guard length > 0, length < lineLimit else {
                throw .violation("a filter rule of \(length) bytes", exitCode: 22)
            }
            count += 1
            total += Int(length)
            guard count <= countLimit, total <= totalLimit else {
                throw .violation("too many filter rules", exitCode: 22)
            }
            try list.append(line: try input.bytes(Int(length), "a filter rule"))
            // Without a rule that protects, things would be deleted: a pattern is never dropped in silence.
            guard list.rules.last?.pattern.text.count ?? 0 < patternLimit else {
                throw .violation("a filter pattern is longer than \(patternLimit - 1) bytes", exitCode: 22)
            }
        }
    }
}
