import LinuxSystem

extension ClientOptions {
    /// Adds a pattern to the filters; an empty one matches nothing.
    mutating func addFilter(_ pattern: [UInt8], isInclude: Bool) throws(OptionError) {
        if pattern.isEmpty { return }
        try changeFilters { (filters) throws(FilterError) in try filters.append(argument: pattern, isInclude: isInclude)
        }
    }

    /// Adds a file of patterns, one a line; empty lines and those that start with `;` or `#` are skipped.
    mutating func addFilters(from value: OptionValue, isInclude: Bool) throws(OptionError) {
        guard let surroundings = value.surroundings else { throw value.invalid }
        let what = isInclude ? "include" : "exclude"
        let contents = try surroundings.readFile(value.bytes, what, transfer.selection.links.paths.unlimited)
        let reader = FilterReader(isNULSeparated: settings.isNULSeparated)
        try changeFilters { (filters) throws(FilterError) in
            try reader.add(patterns: contents, of: value.text, isInclude: isInclude, to: &filters)
        }
    }

    /// Adds a rule of `--filter`, which may name files of rules.
    mutating func addRule(_ value: OptionValue) throws(OptionError) {
        guard let surroundings = value.surroundings, !value.bytes.isEmpty else { return }
        var failure: OptionError?
        let rule = transfer.selection.links.paths.unlimited
        let reader = FilterReader(
            isNULSeparated: settings.isNULSeparated,
            userCVSPatterns: surroundings.userCVSPatterns
        ) { (path) throws(FilterError) in
            do throws(OptionError) {
                return try surroundings.readFile(path, "exclude", rule)
            } catch {
                failure = error
                throw FilterError("\(error)", exitCode: 11)
            }
        }
        do throws(FilterError) {
            try reader.add(line: value.bytes, to: &transfer.selection.filters)
        } catch {
            if let failure { throw failure }
            throw .failed(error.description, exitCode: error.exitCode)
        }
    }

    /// Adds the rules of `-F`, which differ between its first and its second use (rsync(1)).
    mutating func addDirectoryRules() throws(OptionError) {
        settings.directoryRules += 1
        let rule = settings.directoryRules == 1 ? ": /.rsync-filter" : "- .rsync-filter"
        guard settings.directoryRules <= 2 else { return }
        try changeFilters { (filters) throws(FilterError) in try filters.append(line: Array(rule.utf8)) }
    }

    private mutating func changeFilters(
        _ change: (inout FilterList) throws(FilterError) -> Void
    ) throws(OptionError) {
        do throws(FilterError) {
            try change(&transfer.selection.filters)
        } catch {
            throw error.exitCode == 1 ? .usage(error.description) : .failed(error.description, exitCode: error.exitCode)
        }
    }

    /// Lists a directory without descending, in the way that old servers know (rsync(1), `--old-dirs`).
    private mutating func listOneLevel() throws(OptionError) {
        transfer.selection.recursive = true
        transfer.selection.dirs = false
        try addFilter(Array("/*/*".utf8), isInclude: false)
    }

    /// Adds the rules that other options imply, after all options are known (rsync(1), `--old-dirs`, `--cvs-exclude`,
    /// `--delete-excluded`).
    mutating func completeFilters(_ surroundings: OptionSurroundings) throws(OptionError) {
        if settings.listsOneLevel { try listOneLevel() }
        if transfer.selection.cvsExclude {
            let reader = FilterReader(userCVSPatterns: surroundings.userCVSPatterns)
            try changeFilters { (filters) throws(FilterError) in try filters.appendCVSRules(reader) }
        }
        if settings.filesFrom != nil {
            // Where the names come from is known with the arguments.
            transfer.selection.filesFrom = .stream
            if settings.recursionIsImplied { transfer.selection.recursive = false }
        }
        settings.recursionIsImplied = false
        if transfer.deletion.includesExcluded { transfer.selection.filters.limitUnqualifiedRules() }
    }
}
