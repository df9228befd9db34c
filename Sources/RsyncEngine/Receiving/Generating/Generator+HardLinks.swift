import LinuxSystem
import RsyncWire
import VolumeAccess

extension Generator {
    /// Determines an entry's role among the names of its file, and starts its group if it is the first.
    func linkRole(of candidate: inout Candidate) throws(VolumeError) -> LinkRole {
        let (list, index) = (candidate.list, candidate.index)
        let group = list.extra(of: candidate.entry).linkGroup
        switch links.groups[group] {
        case .inPlace(let first, let isNew): return try role(of: candidate, behind: first, isNew: isNew)
        case .inProgress: return .waits
        case nil:
            guard let leader = leader(of: group, in: list) else { break }
            if leader.index == index {
                candidate.content = leader.content
                break
            }
            let first = Array(leader.name)
            _ = links.finish(group, name: first, isNew: false)
            return try role(of: candidate, behind: first, isNew: false)
        }
        links.begin(group, index: index)
        return .leads
    }

    /// The first member in this list whose content at the destination is up to date, if the others can be linked to it.
    private func leader(of group: Int32, in list: FileList) -> Candidate? {
        for position in links.members(of: group, in: list) {
            let entry = list.entry(sorted: position)
            guard entry.isRegular else { return nil }
            do throws(VolumeError) {
                var member = try candidate(entry, index: list.start + Int32(position), in: list)
                try readContent(of: &member)
                guard rules.isUnchanged(member) else { continue }
                countNames(of: &member)
                return rules.canLead(member) ? member : nil
            } catch {
                continue
            }
        }
        return nil
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
                let member = list.entry(sorted: position)
                let parent = Array(list.parent(of: member))
                let directory = try executor.open(parent, isNew: createdDirectories.contains(parent))
                return try directory?.status(of: list.leaf(of: member).span)?.isSameFile(as: current) ?? false
            } catch {
                return false
            }
        }
    }

    // MARK: progress of groups

    /// Makes a name wait for the member of its group that is being transferred.
    func wait(_ candidate: Candidate) {
        let member = HardLinkTable.Waiting(index: candidate.index, entry: candidate.entry, list: candidate.list)
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

extension FileStatus {
    /// Whether two names refer to one file.
    fileprivate func isSameFile(as other: FileStatus) -> Bool { inode == other.inode && device == other.device }
}
