extension TransferOptions {
    /// Why options cannot be combined; nil if they can.
    package var conflict: String? {
        guard placement.inPlace else { return nil }
        return placement.partialDirectory == nil ? nil : "--inplace cannot be used with --partial-dir"
    }

    /// The rule that keeps a directory for partial files out of the transfer (rsync(1), `--partial-dir`); nil if there is no
    /// such directory below those of the destination.
    package func partialRule(for directory: [UInt8]?) -> FilterRule? {
        guard let directory, !directory.isEmpty, directory.first != UInt8(ascii: "/") else { return nil }
        let slash = UInt8(ascii: "/")
        let name = directory.last == slash ? directory : directory + [slash]
        return FilterRule(pattern: name, isInclude: false, isPerishable: true)
    }

    /// Adds the rule for `--partial-dir` after the others; done once, when the command line is complete.
    package mutating func excludePartials() {
        if let rule = partialRule(for: placement.partialDirectory) { selection.filters.append(rule) }
    }
}
