import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

extension Generator {
    /// Determines an entry's role among the names of its file, and starts its group if it is the first.
    func linkRole(of candidate: inout Candidate) throws(VolumeError) -> LinkRole {
        let group = candidate.list.extra(of: candidate.entry).linkGroup
        switch links.groups[group] {
        case .inPlace(let first, let isNew):
            if candidate.current == nil { try findFile(named: first, inPlaceOf: &candidate) }
            return try role(of: candidate, behind: first, isNew: isNew)
        case .inProgress(let first): return first == candidate.index ? .leads : .waits
        case nil: break
        }
        // Names of one file are all there, linked, or none is.
        if rules.bases.alternates == .compare, links.isElsewhere(group, hasEqual) { return .alone }
        guard try leads(&candidate, group) else {
            candidate.isPassedOver = true
            return .waits
        }
        links.begin(group, index: candidate.index)
        return .leads
    }

    /// Whether an entry leads its group: the last member that is known, a file that exists, at the destination or in an alternate
    /// directory, and everything that is not a file (protocol specification, transfer 6).
    private func leads(_ candidate: inout Candidate, _ group: Int32) throws(VolumeError) -> Bool {
        guard candidate.entry.isRegular, !links.isLast(candidate.index, of: group),
            !(candidate.current?.isRegular ?? false)
        else { return true }
        guard let use = rules.bases.alternates else { return false }
        findAlternates(of: &candidate, Array(candidate.list.parent(of: candidate.entry)))
        guard let best = rules.bestAlternate(for: candidate) else { return false }
        return use != .compare || best.match < .attributes
    }

    /// Whether an entry is left out, or has an equal one in a directory of `--compare-dest`.
    ///
    /// Not if that cannot be told, which is reported when it is processed.
    private func hasEqual(_ entry: FileEntry, index: Int32, in list: FileList) -> Bool {
        do throws(VolumeError) {
            var member = try upcoming(entry, index: index, in: list)
            guard rules.refusal(of: member) == nil else { return true }
            try readMetadata(of: &member)
            findAlternates(of: &member, Array(list.parent(of: entry)))
            return rules.bestAlternate(for: member)?.match == .attributes
        } catch {
            return false
        }
    }

    /// Looks up what is at an entry's name, whose directory may not have been processed yet: nothing where the directory is
    /// missing, or something else is in its place.
    private func upcoming(_ entry: FileEntry, index: Int32, in list: FileList) throws(VolumeError) -> Candidate {
        let parent = Array(list.parent(of: entry))
        let leaf = destination.leaf(of: entry, in: list)
        let isNew = createdDirectories.contains(parent)
        let directory = try isNew ? executor.open(parent, isNew: true) : context.existingDirectory(parent)
        let current = isNew ? nil : try directory?.status(of: leaf.span)
        return try candidate(entry, index: index, in: list, leaf, directory, current)
    }

    /// The role of a name whose file is in place under the name `first`.
    ///
    /// `isNew`: `first` refers to a different file than before this run, which a dry run cannot see.
    private func role(of candidate: Candidate, behind first: [UInt8], isNew: Bool) throws(VolumeError) -> LinkRole {
        guard candidate.name != first[...] else { return .follows(first: first, isSame: true) }
        guard !isNew, let current = candidate.current else { return .follows(first: first, isSame: false) }
        return .follows(first: first, isSame: try status(of: first)?.isSameFile(as: current) ?? false)
    }

    /// Looks up what alternate directories have in place of a name that is about to be linked to `first`; of those of `--link-dest`
    /// only that file counts.
    private func findFile(named first: [UInt8], inPlaceOf candidate: inout Candidate) throws(VolumeError) {
        guard let use = rules.bases.alternates else { return }
        findAlternates(of: &candidate, Array(candidate.list.parent(of: candidate.entry)))
        guard use == .link, !candidate.bases.isEmpty else { return }
        let target = try status(of: first)
        candidate.bases.removeAll { basis in !(target?.isSameFile(as: basis.status) ?? false) }
    }

    private func status(of name: [UInt8]) throws(VolumeError) -> FileStatus? {
        let path = PathParts(name)
        let directory = try executor.open(path.parent, isNew: createdDirectories.contains(path.parent))
        return try directory?.status(of: path.leaf.span)
    }

    /// Counts the names of an entry's group, in lists in work, that refer to the existing file, where that matters.
    func countNames(of candidate: inout Candidate) {
        guard let current = candidate.current, rules.countsNames(of: candidate) else { return }
        let group = candidate.list.extra(of: candidate.entry).linkGroup
        candidate.sharedNames = links.count(of: group) { entry, index, list in
            do throws(VolumeError) {
                return try upcoming(entry, index: index, in: list).current?.isSameFile(as: current) ?? false
            } catch {
                return false
            }
        }
    }

    // MARK: progress of groups

    /// Makes a name wait for the member of its group that is being transferred.
    func wait(_ candidate: Candidate) {
        let member = HardLinkTable.Waiting(
            index: candidate.index,
            entry: candidate.entry,
            list: candidate.list,
            isPassedOver: candidate.isPassedOver
        )
        links.wait(member, for: candidate.list.extra(of: candidate.entry).linkGroup)
        track(candidate.index)
    }

    /// A group's first member is in place: links the others to it.
    ///
    /// - Parameters:
    ///   - first: Its name.
    ///   - entry: Its entry.
    ///   - list: The list it is in.
    ///   - isNew: Whether it is a different file than before.
    func finishLinks(of first: ArraySlice<UInt8>, _ entry: FileEntry, in list: FileList, isNew: Bool) {
        let first = Array(first)
        for member in links.finish(list.extra(of: entry).linkGroup, name: first, isNew: isNew) {
            context.stayAlive()
            do throws(VolumeError) {
                var candidate = try candidate(member.entry, index: member.index, in: member.list)
                candidate.isPassedOver = member.isPassedOver
                candidate.link = try role(of: candidate, behind: first, isNew: isNew)
                process(candidate)
            } catch {
                context.report(error, "link")
            }
            tracker(finished: member.index)
        }
    }

    /// A member has been processed, whatever came of it.
    func passLink(_ index: Int32, _ entry: FileEntry, in list: FileList) {
        let group = list.extra(of: entry).linkGroup
        if links.pass(index, of: group) { resumeLinks(of: group) }
    }

    /// A group's first member failed: another one is tried in its place, unless nothing can be requested any more.
    func abandonLinks(of index: Int32) {
        guard let group = links.abandon(index: index) else { return }
        guard acceptsRequests else {
            for member in links.takeWaiting(for: group) {
                context.stayAlive()
                tracker(finished: member.index)
            }
            return
        }
        resumeLinks(of: group)
    }

    /// Processes members that wait, the last one first, until one leads, in a group of which no more are known.
    private func resumeLinks(of group: Int32) {
        while let member = links.takeLeader(of: group) {
            context.stayAlive()
            tracker(finished: member.index)
            again(member)
        }
    }
}
