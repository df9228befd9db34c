import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

extension Generator {
    /// Determines an entry's role among the names of its file, and starts its group if it is the first.
    func linkRole(of candidate: inout Candidate) throws(VolumeError) -> LinkRole {
        let (list, index) = (candidate.list, candidate.index)
        let group = list.extra(of: candidate.entry).linkGroup
        switch links.groups[group] {
        case .inPlace(let first, let isNew): return try role(of: candidate, behind: first, isNew: isNew)
        case .inProgress(let first):
            guard first == index else { return .waits }
            links.reached(index)
            return .leads
        case nil: break
        }
        if rules.bases.alternates == .compare, isElsewhere(group, in: list) { return .alone }
        guard let leader = leader(of: group, in: list), leader.index != index else {
            links.begin(group, index: index)
            return .leads
        }
        candidate.isPassedOver = leader.index > index
        guard let name = leader.nameInPlace else {
            links.begin(group, index: leader.index, isAhead: true)
            return .waits
        }
        _ = links.finish(group, name: name, isNew: false)
        return try role(of: candidate, behind: name, isNew: false)
    }

    /// Whether a directory of `--compare-dest` has an equal entry for each name of a file, as far as this list tells, so that
    /// none is needed: names of one file are all there, linked, or none is.
    private func isElsewhere(_ group: Int32, in list: FileList) -> Bool {
        if let known = links.elsewhere[group] { return known }
        let members = links.members(of: group, in: list)
        let isElsewhere = !members.isEmpty && members.allSatisfy { hasEqual($0, in: list) }
        links.elsewhere[group] = isElsewhere
        return isElsewhere
    }

    /// Whether an entry is left out, or has an equal one in a directory of `--compare-dest`; not if that cannot be told, which is
    /// reported when it is processed.
    private func hasEqual(_ position: Int, in list: FileList) -> Bool {
        do throws(VolumeError) {
            var member = try upcoming(list.entry(sorted: position), index: list.start + Int32(position), in: list)
            guard rules.refusal(of: member) == nil else { return true }
            try readMetadata(of: &member)
            findAlternates(of: &member, Array(list.parent(of: member.entry)))
            return rules.bestAlternate(for: member)?.match == .attributes
        } catch {
            return false
        }
    }

    /// Looks up what is at an entry's name, whose directory may not have been processed yet: nothing where the directory is
    /// missing, or something else is in its place.
    private func upcoming(_ entry: FileEntry, index: Int32, in list: FileList) throws(VolumeError) -> Candidate {
        let parent = Array(list.parent(of: entry))
        let leaf = context.destination.leaf(of: entry, in: list)
        let isNew = createdDirectories.contains(parent)
        let directory = try isNew ? executor.open(parent, isNew: true) : context.existingDirectory(parent)
        let current = isNew ? nil : try directory?.status(of: leaf.span)
        return try candidate(entry, index: index, in: list, leaf, directory, current)
    }

    /// The member that the others of a group are linked to.
    private struct Leader {
        var index: Int32
        /// Its name if the file there is up to date; nil if it has to be transferred.
        var nameInPlace: [UInt8]?
    }

    /// The first member in this list that exists, otherwise the last one (protocol specification, transfer 6).
    private func leader(of group: Int32, in list: FileList) -> Leader? {
        var last: Leader?
        for position in links.members(of: group, in: list) {
            let entry = list.entry(sorted: position)
            guard entry.isRegular else { return nil }
            let index = list.start + Int32(position)
            guard !links.hasFailed(index) else { continue }
            do throws(VolumeError) {
                var member = try upcoming(entry, index: index, in: list)
                guard rules.refusal(of: member) == nil else { continue }
                last = Leader(index: index)
                guard member.current?.isRegular ?? false else { continue }
                try readContent(of: &member)
                guard rules.isUnchanged(member) else { return last }
                countNames(of: &member)
                guard rules.canLead(member) else { return nil }
                return Leader(index: index, nameInPlace: Array(member.name))
            } catch {
                last = Leader(index: index)
            }
        }
        return last
    }

    /// Tries the members of groups again whose chosen first member was not reached in a list.
    func abandonUnreachedLinks() {
        for index in links.takeUnreached() { abandonLinks(of: index) }
    }

    /// The role of a name whose file is in place under the name `first`.
    ///
    /// `isNew`: `first` refers to a different file than before this run, which a dry run cannot see.
    private func role(of candidate: Candidate, behind first: [UInt8], isNew: Bool) throws(VolumeError) -> LinkRole {
        guard candidate.name != first[...] else { return .isInPlace }
        guard !isNew, let current = candidate.current else { return .follows(first: first, isSame: false) }
        let path = PathParts(first)
        let directory = try executor.open(path.parent, isNew: createdDirectories.contains(path.parent))
        let target = try directory?.status(of: path.leaf.span)
        return .follows(first: first, isSame: target?.isSameFile(as: current) ?? false)
    }

    /// Counts the names of an entry's group, in its list, that refer to the existing file, where that matters.
    func countNames(of candidate: inout Candidate) {
        guard let current = candidate.current, rules.countsNames(of: candidate) else { return }
        let list = candidate.list
        let group = list.extra(of: candidate.entry).linkGroup
        candidate.sharedNames = links.members(of: group, in: list).count { position in
            do throws(VolumeError) {
                let member = try upcoming(list.entry(sorted: position), index: list.start + Int32(position), in: list)
                return member.current?.isSameFile(as: current) ?? false
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

    /// A group's first member failed: the next waiting member is tried in its place.
    func abandonLinks(of index: Int32) {
        for member in links.abandon(index: index) {
            tracker(finished: member.index)
            again(member)
        }
    }

    /// A group's first member failed when nothing can be requested any more: the group stays away.
    func dropLinks(of index: Int32) {
        for member in links.abandon(index: index) { tracker(finished: member.index) }
    }
}
