import Checksums
import RsyncOptions
import RsyncWire
import Synchronization
import VolumeAccess

extension Generator {
    /// Looks up what is currently at an entry's name.
    func candidate(_ entry: FileEntry, index: Int32, in list: FileList) throws(VolumeError) -> Candidate {
        let parent = Array(list.parent(of: entry))
        let leaf = destination.leaf(of: entry, in: list)
        let isNew = createdDirectories.contains(parent)
        let directory = try executor.open(parent, isNew: isNew)
        let current = isNew ? nil : try directory?.status(of: leaf.span)
        return try candidate(entry, index: index, in: list, leaf, directory, current)
    }

    /// An entry with what is currently at its name.
    func candidate(
        _ entry: FileEntry,
        index: Int32,
        in list: FileList,
        _ leaf: ArraySlice<UInt8>,
        _ directory: VolumeDirectory?,
        _ current: FileStatus?
    ) throws(VolumeError) -> Candidate {
        let isDevice = rules.writesDevices && entry.isRegular && current?.isDevice ?? false
        let status = if isDevice, let current { try directory?.statusAsFile(current, leaf.span) } else { current }
        return Candidate(
            entry: entry,
            index: index,
            list: list,
            name: list.name(of: entry),
            leaf: leaf,
            directory: directory,
            current: status,
            isDevice: isDevice
        )
    }

    /// Determines the rest of a decision's input: other names of the same file, and what requires reading the content.
    func examine(_ candidate: inout Candidate) throws(VolumeError) {
        guard rules.refusal(of: candidate) == nil else { return }
        if candidate.entry.flags.contains(.hardLinked) {
            candidate.link = try linkRole(of: &candidate)
            switch candidate.link {
            case .waits, .follows: return
            case .alone, .leads: break
            }
        }
        try readMetadata(of: &candidate)
        if rules.bases.isWanted { findBases(of: &candidate) }
        try readContent(of: &candidate)
        countNames(of: &candidate)
    }

    /// Compares the content at an entry's name if the decision depends on it.
    func readContent(of candidate: inout Candidate) throws(VolumeError) {
        guard candidate.content == .unread, rules.readsContent(of: candidate), let directory = candidate.directory
        else { return }
        candidate.content = try content(of: candidate.leaf, in: directory, comparedWith: candidate)
    }

    /// How the content of a file, or the target of a symbolic link, compares with the list.
    func content(
        of leaf: ArraySlice<UInt8>,
        in directory: VolumeDirectory,
        comparedWith candidate: Candidate
    ) throws(VolumeError) -> Candidate.Content {
        let (entry, list) = (candidate.entry, candidate.list)
        if entry.isSymbolicLink {
            // A link has no place for a stored owner: with `--fake-super` a file takes its place.
            if rules.storesLists, try directory.readPlaceholder(leaf.span) == nil { return .differs }
            return try directory.readLink(leaf.span)[...] == list.target(of: entry) ? .same : .differs
        }
        let start = Int(list.extra(of: entry).checksumStart)
        let digest = digest(of: leaf.span, in: directory)
        return digest[...] == list.arena[start..<start + fileRecipe.digestLength] ? .same : .differs
    }

    /// Decides about an entry that is not a directory, carries out the decision, and reports it.
    func process(_ candidate: Candidate) {
        var decision = decide(candidate, by: rules)
        let withheld = withholdAttributes(of: candidate, from: &decision)
        switch decision {
        case .refuse:
            links.abandon(index: candidate.index)
            return reportTooLarge(candidate)
        case .skip(let reason):
            links.abandon(index: candidate.index)
            return reportSkipped(candidate, reason)
        case .wait: return wait(candidate)
        case .keep, .transfer, .take, .make, .link: break
        }
        let result = executor.carryOut(decision, candidate)
        switch result {
        case .done, .copied:
            count(decision, candidate)
            if let withheld { awaitValues(of: candidate, withheld) }
            let isCopied = if case .copied = result { true } else { false }
            if let flags = decision.report {
                context.requester.report(isCopied ? flags.subtracting(.nameFollows) : flags, of: candidate)
            }
            if rules.mentionsUnchanged { mention(candidate, decision) }
            if isCopied || !decision.leavesSource(of: candidate.entry) {
                confirm(candidate.index, candidate.entry, in: candidate.list)
            }
            guard candidate.link == .leads else { return }
            finishLinks(of: candidate.name, candidate.entry, in: candidate.list, isNew: decision.makesNewFile)
        case .inProgress:
            count(decision, candidate)
            track(candidate.index)
        case .failed: links.abandon(index: candidate.index)
        case .unreadable(let file):
            if let candidate = asNew(candidate, without: file) { return process(candidate) }
            links.abandon(index: candidate.index)
        }
    }

    /// An entry whose content cannot be compared with a file, or copied from it, because that cannot be read: it counts as
    /// new, although what is at its name stays until it has arrived.
    ///
    /// - Returns: Nil after an error at its name, which has been reported.
    func asNew(_ candidate: Candidate, without file: UnreadableFile) -> Candidate? {
        report(file, for: candidate)
        var candidate = candidate
        candidate.isUnreadable = true
        // What stays unread is not removed.
        candidate.bases.removeAll { $0.place == .partial && !file.isCopied }
        do throws(VolumeError) {
            // What could not be replaced in one step is gone.
            if !candidate.isDevice { candidate.current = try candidate.directory?.status(of: candidate.leaf.span) }
            candidate.metadata = try metadata(
                of: candidate,
                comparedWith: candidate.leaf,
                nil,
                in: candidate.directory
            )
        } catch {
            context.report(error, "recv_generator")
            return nil
        }
        return candidate
    }

    private func report(_ file: UnreadableFile, for candidate: Candidate) {
        let (path, reason) = (state.atDestination(file.path), file.error.reason)
        guard file.isCopied else {
            let text = "rsync: [generator] failed to open \(state.quoted(path)), continuing: \(reason)"
            return state.report(text, .warning)
        }
        context.report(unreadable: file.path, file.error)
        guard state.options.output.level(.copy) > 0 else { return }
        let place = Array("\"\(state.place.suffix) => ".utf8) + candidate.leaf
        state.inform("rsync: [generator] copy_file \"", path + place, ": \(reason)")
    }

    // MARK: counts and messages

    private func count(_ decision: Decision, _ candidate: Candidate) {
        let mode = candidate.entry.mode
        let isNew = decision.report?.contains(.isNew) ?? false
        if isNew { state.count { $0.created.count(mode: mode) } }
        // Transferred content is counted as it arrives.
        if case .transfer = decision { return }
        if isNew { state.countInPlace { $0.countCreated(mode: mode) } }
        if candidate.entry.isRegular { state.progress.bytesDone.addClamped(candidate.entry.size) }
    }

    private func reportTooLarge(_ candidate: Candidate) {
        guard let limit = rules.largestFile else { return }
        state.report(state.describeTooLarge(candidate.name, candidate.entry.size, limit), .errorTransfer)
    }

    /// Mentions an entry that is left alone.
    func reportSkipped(_ candidate: Candidate, _ reason: SkipReason) {
        let name = candidate.name
        switch reason {
        case .unwantedType where rules.mentionsTypes: state.inform("skipping non-regular file \"", name, "\"")
        case .unwantedType: break
        case .leadsOut where rules.mentionsUnsafeLinks:
            let target = candidate.list.target(of: candidate.entry)
            state.inform("ignoring unsafe symlink \"", name + Array("\" -> \"".utf8) + target, "\"")
        case .leadsOut, .notShorter: break
        case _ where !rules.mentionsSkipped: break
        case .tooLong: state.inform("", name, " is over max-size")
        case .tooShort: state.inform("", name, " is under min-size")
        case .missing:
            state.inform("not creating new \(candidate.entry.isDirectory ? "directory" : "file") \"", name, "\"")
        case .exists: state.inform("", name, " exists" + standing(of: candidate))
        case .newer: state.inform("", name, " is newer")
        }
    }

    /// How a skipped entry differs from what exists, if that is wanted.
    private func standing(of candidate: Candidate) -> String {
        guard rules.comparesSkipped else { return "" }
        var candidate = candidate
        do throws(VolumeError) {
            try readMetadata(of: &candidate)
            try readContent(of: &candidate)
        } catch {
            return ""
        }
        return " (\(rules.standing(of: candidate)))"
    }

    /// Names an entry whose content was not touched, or that an alternate directory has.
    func mention(_ candidate: Candidate, _ decision: Decision) {
        switch decision {
        case .keep(let report, _, _): state.inform("", candidate.name, report?.isEmpty ?? true ? " is uptodate" : "")
        case .take(_, let report, _, _) where report == nil, .make(let report, _, _) where report == nil:
            state.inform("", candidate.name, candidate.entry.isDirectory ? "/ is uptodate" : " is uptodate")
        case .refuse, .skip, .wait, .transfer, .take, .make, .link: break
        }
    }
}
