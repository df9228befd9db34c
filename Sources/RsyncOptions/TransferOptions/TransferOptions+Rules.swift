import Checksums

extension TransferOptions {
    /// Why options cannot be combined; nil if they can.
    package var conflict: String? {
        if let conflict = placement.backupConflict { return conflict }
        if let conflict = serverConflict { return conflict }
        // Without checksums whole files are sent, too.
        if placement.appending != nil, wire.wholeFile ?? false || wire.checksumChoice == ChecksumAlgorithm.none {
            return "--append cannot be used with --whole-file"
        }
        guard placement.writesInPlace, placement.partialPlace != nil else { return nil }
        let option = placement.appending == nil ? "--inplace" : "--append"
        return "\(option) cannot be used with \(placement.delaysUpdates ? "--delay-updates" : "--partial-dir")"
    }

    /// Why options cannot be combined, as far as a server judges that.
    package var serverConflict: String? {
        if attributes.extended > 1, attributes.privileges == .simulated { return "--fake-super conflicts with -XX" }
        return selection.links.pathConflict
    }

    /// The rule that keeps a directory for partial files out of the transfer (rsync(1), `--partial-dir`); nil if there is no
    /// such directory below those of the destination.
    private func partialRule(for directory: [UInt8]?) -> FilterRule? {
        guard let directory, !directory.isEmpty, directory.first != UInt8(ascii: "/") else { return nil }
        let slash = UInt8(ascii: "/")
        let name = directory.last == slash ? directory : directory + [slash]
        var traits = RuleTraits(isPerishable: true)
        if deletion.includesExcluded { traits.sides = .sender }
        var rule = FilterRule(pattern: name, isInclude: false, traits: traits)
        rule.origin = .partialDirectory
        return rule
    }

    /// The rule that protects backups from deletion (rsync(1), `--backup`); nil where they are not in the way.
    ///
    /// With `--delete-excluded` rsync 3.5.0 deletes them.
    package var backupRule: FilterRule? {
        guard placement.makesBackups, placement.backupDirectory == nil, deletion.isOn, !deletion.includesExcluded else {
            return nil
        }
        return FilterRule(
            pattern: [UInt8(ascii: "*")] + placement.backupSuffix,
            isInclude: false,
            traits: RuleTraits(sides: .receiver)
        )
    }

    /// Adds the rules that `--backup` and `--partial-dir` imply after the others; done once, when the command line is
    /// complete.
    package mutating func addImpliedRules() {
        if let rule = backupRule { selection.filters.append(rule) }
        if let rule = partialRule(for: placement.partialPlace) { selection.filters.append(rule) }
    }

    /// The rules that protect backups and partial files from deletion, whatever the client has sent; with
    /// `--delete-excluded` nothing does.
    package var receiverRules: [FilterRule] {
        guard !deletion.includesExcluded else { return [] }
        let usual = placement.keepsPartials ? Placement.usualPartialDirectory : nil
        return [backupRule, partialRule(for: placement.partialPlace ?? usual)].compactMap(\.self)
    }
}
