/// The rules of `--usermap` or `--groupmap` (rsync(1), protocol specification, transfer 5.3): pairs `FROM:TO` with
/// commas, of which the first that matches counts.
package struct IdentityRules: Sendable, Equatable {
    /// The left side of a pair.
    private enum Source: Sendable, Equatable {
        /// IDs with this name; those without one have an empty name.
        case name([UInt8])
        /// IDs whose name matches a pattern with wildcards.
        case pattern(FilterPattern)
        /// A range of numbers; nil for one that ends before it starts, which matches nothing.
        case numbers(ClosedRange<UInt32>?)
    }

    /// The rules as they were written, for a server.
    package let text: String
    private let sources: [Source]
    /// What each rule maps to: a name or a number of the receiver.
    package let targets: [[UInt8]]
    /// The first pair without a colon; such a list is an error of the receiver.
    package let flaw: String?

    /// Reads a list.
    package init(_ text: String) {
        self.text = text
        var sources: [Source] = []
        var targets: [[UInt8]] = []
        var flaw: String?
        for pair in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let colon = pair.firstIndex(of: UInt8(ascii: ":")) else {
                flaw = flaw ?? String(Substring(pair))
                continue
            }
            sources.append(Self.source(pair[..<colon]))
            targets.append(Array(pair[pair.index(after: colon)...]))
        }
        self.sources = sources
        self.targets = targets
        self.flaw = flaw
    }

    /// What `--chown` means: every ID becomes this one.
    package static func everyone(_ target: String) -> IdentityRules { IdentityRules("*:\(target)") }

    /// The number of the first rule for an ID.
    ///
    /// - Parameters:
    ///   - id: The sender's ID.
    ///   - name: Its name on the sender; empty if it has none, or names are not sent.
    ///   - isUsable: Whether a rule counts.
    /// - Returns: The rule's place in ``targets``; nil when no rule matches.
    package func firstMatch(_ id: UInt32, named name: [UInt8], where isUsable: (Int) -> Bool) -> Int? {
        sources.indices.first { isUsable($0) && Self.matches(sources[$0], id, name) }
    }

    private static func source(_ text: Substring.UTF8View) -> Source {
        let bytes = Array(text)
        let wildcards = [UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "[")]
        if bytes.contains(where: wildcards.contains) { return .pattern(FilterPattern(bytes)) }
        let ends = text.split(separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false)
            .map { UInt32(Substring($0)) }
        switch (ends.count, ends[0], ends[ends.count - 1]) {
        case (1, let only?, _): return .numbers(only...only)
        case (2, let low?, let high?): return .numbers(low <= high ? low...high : nil)
        default: return .name(bytes)
        }
    }

    private static func matches(_ source: Source, _ id: UInt32, _ name: [UInt8]) -> Bool {
        switch source {
        case .name(let wanted): name == wanted
        case .numbers(let range): range?.contains(id) ?? false
        case .pattern(let pattern): pattern.matches(name.span, isDirectory: false)
        }
    }
}
