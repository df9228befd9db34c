package import RsyncOptions

extension FilterList {
    private static let lineLimit: Int32 = 5120
    private static let patternLimit = 4096
    private static let countLimit = 65536
    private static let totalLimit = 4 << 20

    /// Writes the rules that concern the peer, and the end of the list.
    ///
    /// - Parameters:
    ///   - side: The peer's side.
    ///   - output: The stream to the peer.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written; a violation with exit code 2 for a
    ///   rule that the protocol cannot express.
    package func write(for side: FilterRule.Sides, to output: WireOutput) throws(WireError) {
        for text in try texts(for: side, in: output.dialect) {
            try output.int32(Int32(text.count))
            try output.bytes(text)
        }
        try output.int32(0)
    }

    /// The rules that concern the peer, as they are sent.
    ///
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 for a rule that the version cannot express.
    package func texts(for side: FilterRule.Sides, in dialect: Dialect) throws(WireError) -> [[UInt8]] {
        var texts: [[UInt8]] = []
        var isInCVSRules = false
        for rule in rules where rule.sides.contains(side) {
            let isCVSRule = side == .sender && rule.origin == .cvsRule
            defer { isInCVSRules = isCVSRule }
            if side == .sender, rule.origin == .cvsOption || isCVSRule && isInCVSRules { continue }
            // The patterns of --cvs-exclude are all that an old receiver can know of it.
            if !dialect.hasTypedFilters, rule.origin == .cvsOption, rule.merge != nil { continue }
            texts.append(isCVSRule ? Array("-C ".utf8) : try dialect.text(of: rule, for: side))
        }
        return texts
    }

    /// Reads a client's complete list.
    ///
    /// - Parameters:
    ///   - input: The stream from the client.
    ///   - reader: Has the patterns of this side's user for `-C`; it names no files.
    /// - Returns: The rules for both sides.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 22 for a length or number beyond the limits (protocol
    ///   specification, session 12.1), 1 for a rule that is not understood or not supported.
    package static func read(
        from input: WireInput,
        reader: FilterReader = FilterReader()
    ) throws(WireError) -> FilterList {
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
            guard count <= countLimit, total <= totalLimit, list.rules.count <= countLimit else {
                throw .violation("too many filter rules", exitCode: 22)
            }
            let line = try input.bytes(Int(length), "a filter rule")
            do throws(FilterError) {
                if input.dialect.hasTypedFilters {
                    try reader.add(line: line, to: &list)
                } else {
                    try list.append(argument: line, isInclude: false)
                }
            } catch {
                throw .violation(error.description, exitCode: error.exitCode)
            }
            // Without a protecting rule, entries would be deleted: a pattern is never silently dropped.
            guard list.rules.last?.patternLength ?? 0 < patternLimit else {
                throw .violation("a filter pattern is longer than \(patternLimit - 1) bytes", exitCode: 22)
            }
        }
    }
}

extension TransferOptions {
    /// Whether a pushing client sends its filter rules (protocol specification, session 8.1).
    package func sendsFilters(_ dialect: Dialect) -> Bool {
        selection.prunesEmptyDirectories
            || deletion.isOn && (!deletion.includesExcluded || dialect.sendsFiltersToDeleteExcluded)
    }
}

extension Dialect {
    /// A rule as it is sent (protocol specification, session 8.2).
    fileprivate func text(of rule: FilterRule, for side: FilterRule.Sides) throws(WireError) -> [UInt8] {
        guard !hasTypedFilters else {
            let isKnown = !rule.isPerishable || hasPerishableFilters || side == .sender || rule.origin != .written
            guard isKnown else { throw Self.tooModern }
            return rule.wireText(keepsPerishable: hasPerishableFilters)
        }
        guard let text = rule.oldText else { throw Self.tooModern }
        return text
    }

    private static let tooModern = WireError.violation(
        "filter rules are too modern for remote rsync.",
        exitCode: 2
    )
}
