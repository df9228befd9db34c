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
            let text = rule.wireText
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
                try list.append(line: line)
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
