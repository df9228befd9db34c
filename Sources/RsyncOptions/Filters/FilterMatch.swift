/// The rule that decides about a name.
package struct FilterMatch: Sendable {
    /// The rule.
    package let rule: FilterRule
    /// The name of the merge file that has it, if that is one of the directories' own.
    package let file: [UInt8]?

    /// Whether the name is left out or protected.
    package var isExcluding: Bool { !rule.isInclude }

    /// What debug output calls the rule: its pattern, unless it was read from a file, whose lines are not shown, as in rsync.
    package var shown: [UInt8] {
        let pattern =
            rule.isFromFile ? Array("<rule from a file read earlier>".utf8) : rule.pattern.text + rule.pattern.end
        if let file { return pattern + Array(" [per-dir ".utf8) + file + Array("]".utf8) }
        return pattern + Array((rule.isOfCVS ? " [global CVS]" : "").utf8)
    }
}
