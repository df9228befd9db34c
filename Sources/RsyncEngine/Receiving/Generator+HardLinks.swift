import Synchronization
import Glibc
import RsyncWire
import VolumeAccess

extension Generator {
    /// Links a member of a group to the one that is in place, or lets it wait for the one that is under way.
    ///
    /// - Returns: False when this member has to be brought into place itself.
    func linkOrWait(
        _ entry: FileEntry,
        _ leaf: ArraySlice<UInt8>,
        _ current: FileStatus?,
        index: Int32,
        in list: FileList,
        _ directory: VolumeDirectory
    ) -> Bool {
        let group = list.extra(of: entry).linkGroup
        switch links.groups[group] {
        case .inPlace(let name):
            link(HardLinkTable.Waiting(index: index, entry: entry, list: list), to: name)
            return true
        case .underWay:
            links.wait(HardLinkTable.Waiting(index: index, entry: entry, list: list), for: group)
            track(index)
            return true
        case nil:
            if let leader = upToDateMember(of: group, in: list), leader != index {
                lead(leader, group, in: list)
                link(HardLinkTable.Waiting(index: index, entry: entry, list: list), to: nameOfLeader(group))
                return true
            }
            links.begin(group, index: index)
            return false
        }
    }

    /// The index of a member in this list whose content at the destination is right.
    private func upToDateMember(of group: Int32, in list: FileList) -> Int32? {
        for position in links.members(of: group) {
            let entry = list.entry(sorted: position)
            guard entry.isRegular else { return nil }
            do throws(VolumeError) {
                let directory = try directories.directory(list.parent(of: entry).span)
                let leaf = list.leaf(of: entry)
                guard let current = try directory.status(of: leaf.span), current.isRegular else { continue }
                if isUnchanged(entry, leaf, current, in: list, directory) { return list.start + Int32(position) }
            } catch {
                continue
            }
        }
        return nil
    }

    /// Takes a member that is up to date as the one to link to.
    private func lead(_ index: Int32, _ group: Int32, in list: FileList) {
        let entry = list.entry(sorted: Int(index - list.start))
        _ = links.finish(group, name: Array(list.name(of: entry)))
    }

    private func nameOfLeader(_ group: Int32) -> [UInt8] {
        if case .inPlace(let name) = links.groups[group] { return name }
        return []
    }

    /// Makes a name another link of the file at `target`.
    private func link(_ member: HardLinkTable.Waiting, to target: [UInt8]) {
        let (entry, list) = (member.entry, member.list)
        let name = Array(list.name(of: entry))
        do throws(VolumeError) {
            let directory = try directories.directory(list.parent(of: entry).span)
            let leaf = list.leaf(of: entry)
            let (targetParent, targetLeaf) = split(target)
            let current =
                createdDirectories.contains(Array(list.parent(of: entry))) ? nil : try directory.status(of: leaf.span)
            let targetDirectory = try directoryOfTarget(targetParent)
            let wanted = try targetDirectory?.status(of: targetLeaf.span)
            if name == target {
                if let current { keep(entry, leaf, current, index: member.index, in: list, directory) }
                return
            }
            if let current, let wanted, current.inode == wanted.inode, current.device == wanted.device {
                let links: ItemFlags = [.localChange, .nameFollows]
                return keep(entry, leaf, current, index: member.index, in: list, directory, also: links)
            }
            guard clear(leaf, current, for: entry, in: list, directory) else { return }
            if !state.options.dryRun, let targetDirectory {
                let isReplacing = current != nil && current?.isDirectory == false
                try directory.placeLink(from: targetDirectory, targetLeaf.span, as: leaf.span, isReplacing: isReplacing)
            }
            if current == nil { state.count { $0.created.count(mode: entry.mode) } }
            let flags: ItemFlags =
                current == nil ? [.localChange, .nameFollows, .isNew] : [.localChange, .nameFollows]
            if entry.isRegular { state.progress.bytesDone.add(entry.size, ordering: .relaxed) }
            requester.report(member.index, flags, entry, in: list, link: target)
        } catch {
            report(error, "link")
        }
    }

    /// The directory of the file to link to; nil in a dry run that would make it.
    private func directoryOfTarget(_ name: [UInt8]) throws(VolumeError) -> VolumeDirectory? {
        do throws(VolumeError) {
            return try directories.directory(name.span)
        } catch {
            guard state.options.dryRun else { throw error }
            return nil
        }
    }

    /// The first of a group is in place: the others are linked to it.
    func finishLinks(of plan: TransferPlan) {
        finishLinks(index: plan.index, plan.entry, in: plan.list)
    }

    /// The first of a group is in place: the others are linked to it.
    func finishLinks(index: Int32, _ entry: FileEntry, in list: FileList) {
        let name = Array(list.name(of: entry))
        for member in links.finish(list.extra(of: entry).linkGroup, name: name) {
            link(member, to: name)
            tracker(finished: member.index)
        }
    }

    /// The first of a group could not be had: the next that waits is tried in its place.
    func abandonLinks(of index: Int32) {
        for member in links.abandon(index: index) {
            var parent = ParentDirectory()
            tracker(finished: member.index)
            again(member, &parent)
        }
    }
}
