import Synchronization
import Glibc
import RsyncOptions
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
        case .inPlace(let name, let isNew):
            link(HardLinkTable.Waiting(index: index, entry: entry, list: list), to: name, isNew: isNew)
            return true
        case .underWay:
            links.wait(HardLinkTable.Waiting(index: index, entry: entry, list: list), for: group)
            track(index)
            return true
        case nil:
            if let leader = upToDateMember(of: group, in: list), leader != index {
                let name = Array(list.name(of: list.entry(sorted: Int(leader - list.start))))
                _ = links.finish(group, name: name, isNew: false)
                link(HardLinkTable.Waiting(index: index, entry: entry, list: list), to: name, isNew: false)
                return true
            }
            links.begin(group, index: index)
            return false
        }
    }

    /// The index of a member in this list whose content at the destination is right.
    private func upToDateMember(of group: Int32, in list: FileList) -> Int32? {
        for position in links.members(of: group, in: list) {
            let entry = list.entry(sorted: position)
            guard entry.isRegular else { return nil }
            do throws(VolumeError) {
                let directory = try directories.directory(list.parent(of: entry).span)
                let leaf = list.leaf(of: entry)
                guard let current = try directory.status(of: leaf.span), current.isRegular else { continue }
                guard isUnchanged(entry, leaf, current, in: list, directory) else { continue }
                return canKeep(entry, current, in: list) ? list.start + Int32(position) : nil
            } catch {
                continue
            }
        }
        return nil
    }

    /// Whether what lies at an entry's name has other names that the source, with `-H`, keeps apart, as far as this list
    /// tells; what is not sure counts as kept apart.
    func isShared(_ entry: FileEntry, _ current: FileStatus, in list: FileList) -> Bool {
        guard state.options.attributes.hardLinks, current.linkCount > 1, !current.isDirectory else { return false }
        guard entry.flags.contains(.hardLinked) else { return true }
        let names = links.members(of: list.extra(of: entry).linkGroup, in: list).count { position in
            let member = list.entry(sorted: position)
            do throws(VolumeError) {
                let directory = try directories.directory(list.parent(of: member).span)
                return try directory.status(of: list.leaf(of: member).span)?.isSameFile(as: current) ?? false
            } catch {
                return false
            }
        }
        return names < current.linkCount
    }

    /// Whether the metadata of what lies at an entry's name can be set without changing files that the source keeps
    /// apart.
    ///
    /// rsync 3.5.0 changes them, and each run anew undoes what the last one did; here the name gets a file of its own.
    func canKeep(_ entry: FileEntry, _ current: FileStatus, in list: FileList) -> Bool {
        current.linkCount <= 1 || !rules.differ(entry, current) || !isShared(entry, current, in: list)
    }

    /// Makes a name another link of the file at `target`.
    ///
    /// - Parameters:
    ///   - member: The entry of the name.
    ///   - target: The name of the group's first.
    ///   - isNew: Whether `target` stands for another file than before this run; a dry run cannot see that.
    private func link(_ member: HardLinkTable.Waiting, to target: [UInt8], isNew: Bool) {
        let (entry, list) = (member.entry, member.list)
        let name = Array(list.name(of: entry))
        do throws(VolumeError) {
            let parent = Array(list.parent(of: entry))
            let directory = try directoryOfLink(parent)
            let leaf = list.leaf(of: entry)
            let (targetParent, targetLeaf) = split(target)
            let current = createdDirectories.contains(parent) ? nil : try directory?.status(of: leaf.span)
            let targetDirectory = try directoryOfLink(targetParent)
            if name == target {
                if let current, let directory { keep(entry, leaf, current, index: member.index, in: list, directory) }
                return
            }
            let wanted = try targetDirectory?.status(of: targetLeaf.span)
            if let current, let wanted, let directory, current.isSameFile(as: wanted) {
                // The metadata came with the first name; in a dry run it is still the old one.
                guard state.options.dryRun else {
                    let links: ItemFlags = [.localChange, .nameFollows]
                    return keep(entry, leaf, current, index: member.index, in: list, directory, also: links)
                }
                if !isNew { return }
            }
            if let directory {
                guard clear(leaf, current, for: entry, in: list, directory) else { return }
                if !state.options.dryRun, let targetDirectory {
                    let isReplacing = current != nil && current?.isDirectory == false
                    try directory.placeLink(
                        from: targetDirectory,
                        targetLeaf.span,
                        as: leaf.span,
                        isReplacing: isReplacing
                    )
                }
            }
            if current == nil {
                state.count { $0.created.count(mode: entry.mode) }
                state.countInPlace { $0.countCreated(mode: entry.mode) }
            }
            let flags: ItemFlags =
                current == nil ? [.localChange, .nameFollows, .isNew] : [.localChange, .nameFollows]
            if entry.isRegular { state.progress.bytesDone.addClamped(entry.size) }
            requester.report(member.index, flags, entry, in: list, link: target)
        } catch {
            report(error, "link")
        }
    }

    /// A directory of a link or of its target; nil in a dry run that would make it.
    private func directoryOfLink(_ name: [UInt8]) throws(VolumeError) -> VolumeDirectory? {
        guard state.options.dryRun else { return try directories.directory(name.span) }
        guard !createdDirectories.contains(name) else { return nil }
        do throws(VolumeError) {
            return try directories.directory(name.span)
        } catch {
            guard error.isMissing || error.number == ENOTDIR || error.number == ELOOP else { throw error }
            return nil
        }
    }

    /// The first of a group is in place: the others are linked to it.
    func finishLinks(of plan: TransferPlan) {
        let isNew = plan.current == nil || !plan.isInPlace(state.options)
        finishLinks(index: plan.index, plan.entry, in: plan.list, isNew: isNew)
    }

    /// The first of a group is in place: the others are linked to it.
    ///
    /// - Parameters:
    ///   - index: The first's index.
    ///   - entry: The first's entry.
    ///   - list: The list it is in.
    ///   - isNew: Whether it is another file than before.
    func finishLinks(index: Int32, _ entry: FileEntry, in list: FileList, isNew: Bool) {
        let name = Array(list.name(of: entry))
        for member in links.finish(list.extra(of: entry).linkGroup, name: name, isNew: isNew) {
            link(member, to: name, isNew: isNew)
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

extension FileStatus {
    /// Whether two names stand for one file.
    fileprivate func isSameFile(as other: FileStatus) -> Bool { inode == other.inode && device == other.device }
}
