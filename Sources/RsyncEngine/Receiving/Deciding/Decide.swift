import FileMetadata
import Glibc
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Decides what happens to an entry (protocol specification, transfer 11).
///
/// A pure function: its result depends only on its arguments.
///
/// - Parameters:
///   - candidate: The entry and what is known about its name at the destination.
///   - rules: The session's rules.
/// - Returns: What to do.
func decide(_ candidate: Candidate, by rules: DecisionRules) -> Decision {
    if let refusal = rules.refusal(of: candidate) { return refusal }
    if let decision = rules.decideLink(candidate) { return decision }
    return switch candidate.entry.type {
    case UInt32(S_IFREG): rules.decideFile(candidate)
    case UInt32(S_IFDIR): rules.decideDirectory(candidate)
    default: rules.decideNode(candidate)
    }
}

extension DecisionRules {
    // MARK: required input

    /// The decision for an entry that is not examined any further; nil for all others.
    func refusal(of candidate: Candidate) -> Decision? {
        let entry = candidate.entry
        if limitsNames, let reason = reasonToSkip(candidate) { return .skip(reason) }
        switch entry.type {
        case UInt32(S_IFREG):
            if let largestSize, entry.size > largestSize { return .skip(.tooLong) }
            if let smallestSize, entry.size < smallestSize { return .skip(.tooShort) }
            guard isTooLarge(entry) else { return nil }
            return candidate.current.map { $0.isRegular && looksUnchanged(entry, $0) } ?? false ? nil : .refuse
        case UInt32(S_IFDIR): return nil
        case UInt32(S_IFLNK):
            guard makesLinks else { return .skip(.unwantedType) }
            let isUnsafe = skipsUnsafeLinks && LinkTarget.isUnsafe(candidate.list.target(of: entry), at: candidate.name)
            return isUnsafe ? .skip(.leadsOut) : nil
        default:
            let isWanted = entry.isDevice && makesDevices || entry.isSpecial && makesSpecials
            return isWanted ? nil : .skip(.unwantedType)
        }
    }

    /// Why `--existing`, `--ignore-existing` or `-u` exclude an entry.
    private func reasonToSkip(_ candidate: Candidate) -> SkipReason? {
        let entry = candidate.entry
        guard let current = candidate.current else {
            // As in rsync, only a dry run leaves out the destination itself where it is missing.
            let isMade = candidate.isCreated && (changesDestination || !candidate.isRoot)
            return skipsMissing && !isMade ? .missing : nil
        }
        if skipsExisting, !entry.isDirectory || !current.isDirectory { return .exists }
        guard skipsNewer, entry.isRegular, current.isRegular, candidate.attempt == 0 else { return nil }
        let (difference, isFar) = entry.modified.subtractingReportingOverflow(current.modified.seconds)
        return (isFar ? entry.modified < 0 : difference < Int64(window)) ? .newer : nil
    }

    /// Whether the content at the entry's name has to be read: a file for its checksum (`-c`), a symbolic link for its
    /// target.
    func readsContent(of candidate: Candidate) -> Bool {
        candidate.current.map { readsContent(of: $0, for: candidate.entry) } ?? false
    }

    /// Whether the content of a file at the entry's name, there or in an alternate directory, has to be read.
    func readsContent(of current: FileStatus, for entry: FileEntry) -> Bool {
        guard entry.isRegular else { return entry.isSymbolicLink && current.isSymbolicLink }
        // A file beyond the limit is not read for its checksum either.
        return comparesSums && current.isRegular && current.size == entry.size && !isTooLarge(entry)
    }

    /// Whether the other names of the existing file have to be counted; known only once the content has been compared.
    func countsNames(of candidate: Candidate) -> Bool {
        guard let current = candidate.current, keepsHardLinks, current.linkCount > 1, !current.isDirectory,
            candidate.entry.flags.contains(.hardLinked)
        else { return false }
        return !isUnchanged(candidate, current)
            || corrections(for: candidate, current: current) != nil
    }

    // MARK: kinds

    fileprivate func decideFile(_ candidate: Candidate) -> Decision {
        if candidate.isUnreadable { return transfer(candidate, report: newFlags(candidate).union(.transfer)) }
        if !candidate.bases.isEmpty, let decision = takeAlternate(candidate) { return decision }
        guard let current = candidate.current, current.isRegular else {
            // What an alternate directory has counts as what is there.
            guard !candidate.bases.isEmpty, let best = bestAlternate(for: candidate) else {
                return transfer(candidate, report: newFlags(candidate).union(.transfer))
            }
            let found = differences(of: candidate, from: candidate.bases[best.number].status, isChanging: true)
            return transfer(candidate, report: found.union(comparesSums ? [.transfer, .reportChange] : .transfer))
        }
        if isUnchanged(candidate, current) { return keep(candidate, current) }
        if appends, current.size >= candidate.entry.size { return .skip(.notShorter) }
        var flags = differences(of: candidate, from: current, isChanging: true).union(.transfer)
        if comparesSums { flags.insert(.reportChange) }
        return transfer(candidate, report: flags)
    }

    /// The decision about a file that arrived with a wrong checksum (protocol specification, transfer 11.11): in place it
    /// has changed, otherwise it differs as before.
    func decideAgain(_ candidate: Candidate, reported flags: ItemFlags) -> Decision {
        guard writesInPlace, !candidate.isUnreadable, let current = candidate.current, current.isRegular else {
            return transfer(candidate, report: flags)
        }
        return transfer(
            candidate,
            report: differences(of: candidate, from: current, isChanging: true).union(.transfer)
        )
    }

    /// The report of an entry that is made as an alternate directory has it; nil when it is not reported.
    private func reportedMaking(_ differences: ItemFlags) -> ItemFlags? {
        differences.isEmpty && !reportsUnchanged ? nil : differences.union(.localChange)
    }

    /// Decides about a symbolic link, device, FIFO or socket; alternate directories count only where nothing is at its
    /// name.
    fileprivate func decideNode(_ candidate: Candidate) -> Decision {
        let (entry, current) = (candidate.entry, candidate.current)
        let usesAlternates = current == nil && !candidate.bases.isEmpty
        if usesAlternates, let decision = takeAlternate(candidate) { return decision }
        if let current, isUnchanged(candidate, current) { return keep(candidate, current) }
        var flags: ItemFlags? = newFlags(candidate).union(.localChange)
        if let current, current.isSameType(as: entry) {
            flags = [.localChange, .reportChange, differences(of: candidate, from: current, isChanging: true)]
        } else if usesAlternates, let best = bestAlternate(for: candidate) {
            flags = reportedMaking(candidate, best)
        }
        var attributes = attributes(for: candidate, current: nil)
        if !keepsPermissions, current != nil, !entry.isSymbolicLink {
            attributes.permissions = permissions(ofNode: entry, replacing: current)
        }
        return .make(report: flags, attributes: attributes, displaced: displaced(by: entry, current))
    }

    /// The report of a link or node that is made as an alternate directory has it; nil when it is not reported.
    private func reportedMaking(_ candidate: Candidate, _ best: (number: Int, match: Match)) -> ItemFlags? {
        let basis = candidate.bases[best.number].status
        guard best.match < .attributes else { return reportedMaking([]) }
        return [.localChange, .reportChange, differences(of: candidate, from: basis, isChanging: best.match == .type)]
    }

    fileprivate func decideDirectory(_ candidate: Candidate) -> Decision {
        guard let current = candidate.current, current.isDirectory else {
            var flags: ItemFlags? = newFlags(candidate).union(.localChange)
            let alternates = bases.alternates == nil ? [] : candidate.bases.filter(\.status.isDirectory)
            if let first = alternates.first {
                flags =
                    alternates.contains { isEqualDirectory($0, candidate) }
                    ? reportedMaking([])
                    : [.localChange, differences(of: candidate, from: first, isChanging: true)]
            }
            return .make(
                report: flags,
                attributes: workable(attributes(for: candidate, current: nil)),
                displaced: candidate.current == nil ? .nothing : .removed
            )
        }
        return .keep(
            report: reported(differences(of: candidate, from: current, isChanging: false)),
            attributes: corrections(for: candidate, current: current)
        )
    }

    /// Whether a directory is as listed; here its time counts with `--omit-dir-times`, too.
    private func isEqualDirectory(_ basis: BasisCandidate, _ candidate: Candidate) -> Bool {
        differences(of: candidate, from: basis, isChanging: false).isEmpty
            && (!keepsTimes || hasSameTime(candidate.entry, basis.status))
    }

    /// Decides about a name whose file has another name (`-H`); nil when it is handled like any other entry.
    fileprivate func decideLink(_ candidate: Candidate) -> Decision? {
        let (entry, current) = (candidate.entry, candidate.current)
        switch candidate.link {
        case .alone, .leads: return nil
        case .waits: return .wait
        case .follows(_, let isSame):
            // The attributes were set with the first name.
            if isSame { return .keep(report: reportsUnchanged ? [.localChange, .nameFollows] : nil, attributes: nil) }
            return .link(report: reportedLink(candidate), displaced: displaced(by: entry, current))
        }
    }

    /// The report of a link; nil when it is not reported, because a directory of `--link-dest` has it.
    private func reportedLink(_ candidate: Candidate) -> ItemFlags? {
        let found = linkDifferences(of: candidate)
        let isThere = bases.alternates == .link && !candidate.bases.isEmpty && found.isEmpty
        return isThere && !reportsUnchanged ? nil : [.localChange, .nameFollows, found]
    }

    /// What is reported of the entry that a link takes the place of, or that an alternate directory has instead.
    private func linkDifferences(of candidate: Candidate) -> ItemFlags {
        let entry = candidate.entry
        let isGone = candidate.isPassedOver && changesDestination
        guard let current = candidate.current, current.isSameType(as: entry) || !isGone else {
            guard let best = bestAlternate(for: candidate), best.match > .type else { return .isNew }
            return differences(of: candidate, from: candidate.bases[best.number], isChanging: true)
        }
        var found = differences(of: candidate, from: current, isChanging: true)
        // Unlike for a new link, rsync compares with a non-link here.
        if keepsPermissions, entry.isSymbolicLink, !current.isSymbolicLink { found.insert(.reportPermissions) }
        return found
    }

    // MARK: decisions

    /// The flags of a new entry (protocol specification, transfer 11.4).
    private func newFlags(_ candidate: Candidate) -> ItemFlags {
        guard let metadata = candidate.metadata, metadata.extended != .empty else { return .isNew }
        return [.isNew, .reportAttributes]
    }

    /// Requests a file's content.
    func transfer(_ candidate: Candidate, report: ItemFlags) -> Decision {
        let current = candidate.current.flatMap { $0.isRegular ? $0 : nil }
        var attributes = attributes(for: candidate, current: candidate.isUnreadable ? nil : current)
        if current == nil, !candidate.isUnreadable, !keepsPermissions, let model = bestAlternate(for: candidate) {
            // As in rsync: the file of an alternate directory counts as the old file.
            attributes.permissions = permissions(of: candidate.entry, current: candidate.bases[model.number].status)
        }
        return .transfer(
            report: report,
            attributes: attributes,
            inPlace: writesInPlace && !(current.map { isShared(candidate, $0) } ?? false),
            displaced: current == nil ? displaced(by: candidate.entry, candidate.current) : .replaced,
            basis: candidate.bases.isEmpty || candidate.isUnreadable ? nil : basis(for: candidate)
        )
    }

    /// Keeps the existing entry and corrects its attributes; gives it its own copy of the file where that would change
    /// other names.
    func keep(_ candidate: Candidate, _ current: FileStatus) -> Decision {
        let entry = candidate.entry
        let found = differences(of: candidate, from: current, isChanging: false)
        let report = reported(found)
        let isRight = found.isEmpty && showsCorrections(of: candidate, current)
        let corrections = isRight ? nil : corrections(for: candidate, current: current)
        guard var corrections, isShared(candidate, current) else {
            return .keep(report: report, attributes: corrections)
        }
        let whole = attributes(for: candidate, current: current)
        // A link or node that is created again has nothing of the old one.
        guard entry.isRegular else { return .keep(report: report, attributes: whole, ownCopy: true) }
        // A file's copy has its content, owner, mode and times, but no ACL and no extended attributes.
        (corrections.accessList, corrections.extended) = (whole.accessList, whole.extended)
        if corrections.accessList != nil { corrections.permissions = whole.permissions }
        return .keep(report: report, attributes: corrections, ownCopy: true)
    }

    /// Whether whatever has to be corrected of an entry also counts as a difference: true for most, and cheaper to find out.
    private func showsCorrections(of candidate: Candidate, _ current: FileStatus) -> Bool {
        candidate.metadata == nil && !comparesSums && !candidate.entry.isDirectory && !current.hasUnstoredPermissions
    }

    /// How an entry that is skipped differs from what exists, in rsync's words.
    func standing(of candidate: Candidate) -> String {
        guard candidate.current?.isSameType(as: candidate.entry) ?? false else { return "type change" }
        guard isUnchanged(candidate) else { return comparesSums ? "sum change" : "file change" }
        return isUpToDate(candidate) ? "uptodate" : "attr change"
    }

    /// Whether what exists has the entry's content and attributes.
    func isUpToDate(_ candidate: Candidate) -> Bool {
        guard let current = candidate.current, isUnchanged(candidate) else { return false }
        return differences(of: candidate, from: current, isChanging: false).isEmpty
    }

    func reported(_ flags: ItemFlags) -> ItemFlags? { flags.isEmpty && !reportsUnchanged ? nil : flags }

    /// What happens to `current` when a new entry takes its place.
    func displaced(by entry: FileEntry, _ current: FileStatus?) -> Displaced {
        guard let current else { return .nothing }
        if current.isDirectory { return .directory }
        return writesInPlace && entry.isRegular ? .removed : .replaced
    }

    // MARK: comparisons

    private func isTooLarge(_ entry: FileEntry) -> Bool { largestFile.map { entry.size > $0 } ?? false }

    /// Whether a regular file passes the quick check.
    private func looksUnchanged(_ entry: FileEntry, _ current: FileStatus) -> Bool {
        guard current.size == entry.size else { return false }
        if comparesSizesOnly { return true }
        return !ignoresTimes && hasSameTime(entry, current)
    }

    /// Whether the existing entry has the listed content (protocol specification, transfer 11.3).
    private func isUnchanged(_ candidate: Candidate, _ current: FileStatus) -> Bool {
        isUnchanged(candidate, current, content: candidate.content)
    }

    /// Whether an existing entry, whose content compares like this, has the listed content.
    func isUnchanged(_ candidate: Candidate, _ current: FileStatus, content: Candidate.Content) -> Bool {
        let entry = candidate.entry
        guard current.isSameType(as: entry) else { return false }
        if entry.isRegular {
            guard comparesSums, !isTooLarge(entry) else { return looksUnchanged(entry, current) }
            return current.size == entry.size && content == .same
        }
        if entry.isSymbolicLink { return content == .same }
        guard entry.isDevice else { return true }
        let extra = candidate.list.extra(of: entry)
        return current.deviceMajor == extra.deviceMajor && current.deviceMinor == extra.deviceMinor
    }

    /// Whether the existing file has other names that the source, with `-H`, keeps separate, as far as the lists in work
    /// tell; in doubt they count as separate.
    ///
    /// rsync 3.5.0 changes the attributes of such names, and each new run undoes what the previous one did; here the
    /// name gets its own file.
    private func isShared(_ candidate: Candidate, _ current: FileStatus) -> Bool {
        guard keepsHardLinks, current.linkCount > 1, !current.isDirectory else { return false }
        return !candidate.entry.flags.contains(.hardLinked) || candidate.sharedNames < current.linkCount
    }

    /// Whether the existing entry has the listed content.
    func isUnchanged(_ candidate: Candidate) -> Bool { candidate.current.map { isUnchanged(candidate, $0) } ?? false }
}
