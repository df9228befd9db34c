package import RsyncOptions

extension FilterList {
    private static let lineLimit: Int32 = 5120
    private static let patternLimit = 4096
    private static let countLimit = 16384
    private static let totalLimit = 4 << 20

    /// Writes the rules that concern the peer, and the end of the list.
    ///
    /// - Parameters:
    ///   - side: The peer's side.
    ///   - output: The stream to the peer.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    package func write(for side: FilterRule.Sides, to output: WireOutput) throws(WireError) {
        for rule in rules where rule.sides.contains(side) {
            let text = try rule.text(in: output.dialect)
            try output.int32(Int32(text.count))
            try output.bytes(text)
        }
        try output.int32(0)
    }

    /// Reads a client's complete list.
    ///
    /// - Parameter input: The stream from the client.
    /// - Returns: The rules for both sides.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 22 for a length or number beyond the limits (protocol
    ///   specification, session 12.1), 1 for a rule that is not understood or not supported.
    package static func read(from input: WireInput) throws(WireError) -> FilterList {
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
            let line = try input.bytes(Int(length), "a filter rule")
            do throws(FilterError) {
                try list.append(line: input.dialect.hasTypedFilters ? line : FilterRule.modern(line))
            } catch {
                throw .violation(error.description, exitCode: 1)
            }
            // Without a protecting rule, entries would be deleted: a pattern is never silently dropped.
            guard list.rules.last?.patternLength ?? 0 < patternLimit else {
                throw .violation("a filter pattern is longer than \(patternLimit - 1) bytes", exitCode: 22)
            }
        }
    }
}

extension FilterRule {
    private static let prefixes = [Array("- ".utf8), Array("+ ".utf8)]

    /// The rule as sent in a dialect (protocol specification, session 8.2).
    ///
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 for a rule that cannot be expressed.
    fileprivate func text(in dialect: Dialect) throws(WireError) -> [UInt8] {
        guard !dialect.hasPerishableFilters, isPerishable else {
            return try dialect.hasTypedFilters ? wireText : bareText()
        }
        // It then protects more than it was written to.
        return try withoutPerishable.text(in: dialect)
    }

    private var withoutPerishable: FilterRule {
        FilterRule(pattern: patternText, isInclude: isInclude, sides: namedSides, isNegated: isNegated)
    }

    /// The pattern as it was written.
    private var patternText: [UInt8] { Array(wireText.drop { $0 != UInt8(ascii: " ") }.dropFirst()) }

    /// The rule before protocol 29: a bare pattern to exclude, `+ ` and a pattern to include.
    private func bareText() throws(WireError) -> [UInt8] {
        guard !isNegated, namedSides.isEmpty else {
            throw .incompatible("filter rules are too modern for the other end: \(printable(wireText))")
        }
        let pattern = patternText
        if isInclude { return Self.prefixes[1] + pattern }
        return Self.prefixes.contains { pattern.starts(with: $0) } ? Self.prefixes[0] + pattern : pattern
    }

    /// Turns a line of a client before protocol 29 into the syntax of later ones.
    fileprivate static func modern(_ line: [UInt8]) -> [UInt8] {
        let isRule = line == [UInt8(ascii: "!")] || prefixes.contains { line.starts(with: $0) }
        return isRule ? line : prefixes[0] + line
    }
}
