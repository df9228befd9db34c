import FileMetadata
import RsyncOptions
import RsyncWire
import VolumeAccess

/// What a session's options and terms mean for the entries of its destination; created once, and consulted for each
/// entry.
struct DecisionRules: Sendable {
    /// Whether symbolic links are created (`-l`).
    var makesLinks: Bool
    /// Whether devices are created (`--devices`, as root, without `--drop-D`).
    var makesDevices: Bool
    /// Whether FIFOs and sockets are created (`--specials`, without `--drop-D`).
    var makesSpecials: Bool
    /// Whether the names of one file stay linked, and other names are kept separate (`-H`).
    var keepsHardLinks: Bool

    /// Whether modification times are kept (`-t`).
    var keepsTimes: Bool
    /// Whether directories' modification times are kept (not with `--omit-dir-times`).
    var keepsDirectoryTimes: Bool
    /// Whether symbolic links' times are kept (not with `--omit-link-times`).
    var keepsLinkTimes: Bool
    /// Whether access times are kept (`-U`).
    var keepsAccessTimes: Bool
    /// Whether permissions are kept (`-p`).
    var keepsPermissions: Bool
    /// Whether files stay executable or not, although permissions are not kept (`-E`).
    var keepsExecutability: Bool
    /// Whether decisions are carried out, not only reported (`-n`).
    var changesDestination: Bool
    /// Whether ACLs are kept (`-A`).
    var keepsLists: Bool
    /// Whether ACLs are stored apart from the mode, which they do not change then (`--fake-super`).
    var storesLists = false
    /// Which extended attributes are kept (`-X`); nil for none.
    var attributeNames: AttributeNameRules?
    /// Whether owners are kept (`-o`, as root or with `--super`).
    var keepsOwner: Bool
    /// Whether groups are kept (`-g`).
    var keepsGroup: Bool
    /// Whether this process can work in directories regardless of their permissions.
    var isRoot: Bool
    /// The process's umask.
    var mask: UInt32

    /// Whether contents are compared by checksum (`-c`).
    var comparesSums: Bool
    /// Whether a file of the same size counts as unchanged (`--size-only`).
    var comparesSizesOnly: Bool
    /// Whether the quick check is disabled (`-I`).
    var ignoresTimes: Bool
    /// The number of seconds by which times may differ and still count as equal; negative: compared to the nanosecond.
    var window: Int32
    /// Whether files are skipped that are newer at the destination (`-u`).
    var skipsNewer: Bool
    /// Whether nothing is created (`--existing`).
    var skipsMissing: Bool
    /// Whether nothing is updated (`--ignore-existing`).
    var skipsExisting: Bool
    /// The longest file that is transferred, in bytes (`--max-size`); nil for no limit.
    var largestSize: Int64?
    /// The shortest file that is transferred, in bytes (`--min-size`); nil for no limit.
    var smallestSize: Int64?
    /// Whether symbolic links are skipped that may lead out of the transfer (`--safe-links`).
    var skipsUnsafeLinks: Bool
    /// Whether entries are listed and nothing else is done (`--list-only`).
    var listsOnly: Bool
    /// Whether the sender is told what is in place (`--remove-source-files`).
    var confirms: Bool
    /// Whether directories above what was asked for are left as they are (`--no-implied-dirs`).
    var ignoresImplied: Bool
    /// How times are truncated before they are compared to the nanosecond.
    var grain: TimeGrain

    /// The largest file that is requested, in bytes; nil for no limit.
    var largestFile: Int64?
    /// Whether files are written in place (`--inplace`).
    var writesInPlace: Bool
    /// Whether shorter files are continued, and all others that differ left alone (`--append`).
    var appends = false
    /// Whether a device at a file's name counts as a file, and is written into (`--write-devices`).
    var writesDevices = false
    /// Whether files get their names at the end of the transfer (`--delay-updates`).
    var holdsUpdates = false
    /// Whether block sums of the basis are sent (not with `-W`).
    var wantsDelta: Bool
    /// Which other files serve as a basis, or in place of an entry.
    var bases: BasisRules
    /// Whether small files are requested before large ones.
    var takesSmallestFirst: Bool
    /// Whether unchanged entries are reported (`-ii`; protocol specification, transfer 11.4).
    var reportsUnchanged: Bool
    /// Whether the names of entries whose content is kept are printed by this side (`-vv` without `-i`).
    var mentionsUnchanged = false
    /// Whether skipped entries are mentioned (`-vv`).
    var mentionsSkipped: Bool
    /// Whether that says how what exists differs (`--info=skip2`).
    var comparesSkipped = false
    /// Whether entries of a type that is not transferred are mentioned.
    var mentionsTypes = true
    /// Whether symbolic links that lead out of the tree and are left out (`--safe-links`) are mentioned.
    var mentionsUnsafeLinks = false
    /// Which names are deleted, and when.
    var deletion: DeletionRules
}

/// What a session's options mean for names that the sender does not have.
struct DeletionRules: Sendable {
    /// Whether they are deleted (`--delete`).
    var isWanted: Bool
    /// When they are deleted.
    var time: TransferOptions.Deletion.Time
    /// How many entries may be deleted (`--max-delete`); nil for any number.
    var most: Int64?
    /// Whether directories that are not empty may be replaced by other entries.
    var replacesDirectories: Bool
    /// Whether they are deleted although the sender had errors (`--ignore-errors`).
    var ignoresErrors: Bool
    /// Whether deletions wait until their number is known.
    var isGuarded: Bool
    /// The share of the destination's entries, in percent, beyond which nothing is deleted; nil for no limit.
    var limit: Int?
    /// Whether nothing is deleted when the sender has no entries.
    var refusesEmptySource: Bool
}

extension DecisionRules {
    /// Whether entries may be skipped because of what is at their names.
    var limitsNames: Bool { skipsNewer || skipsMissing || skipsExisting }

    /// Whether the modification times of directories are kept.
    var keepsDirectoryTime: Bool { keepsTimes && keepsDirectoryTimes }

    /// Whether modification times are kept for this type of entry.
    func keepsTime(of entry: FileEntry) -> Bool {
        keepsTimes && (keepsDirectoryTimes || !entry.isDirectory) && (keepsLinkTimes || !entry.isSymbolicLink)
    }

    /// Whether what an entry's name has is continued, unless it cannot be read (`--append`).
    func isAppending(_ candidate: Candidate) -> Bool {
        appends && candidate.attempt == 0 && !candidate.isUnreadable
    }

    /// The access time to set on an entry; nil for none.
    private func accessTime(of candidate: Candidate) -> Timestamp? {
        guard keepsAccessTimes, !candidate.entry.isDirectory, keepsLinkTimes || !candidate.entry.isSymbolicLink else {
            return nil
        }
        return Timestamp(seconds: candidate.listed.accessed)
    }

    /// The permissions for an entry; `current` is the existing entry.
    func permissions(of entry: FileEntry, current: FileStatus?) -> UInt32 {
        if keepsPermissions { return entry.mode & 0o7777 }
        guard let current else { return entry.mode & 0o777 & ~mask }
        guard keepsExecutability, entry.isRegular, hasOtherExecutability(entry, current) else {
            return current.permissions
        }
        // Users that may read a file that becomes executable may execute it (rsync(1), --executability).
        return entry.mode & 0o111 == 0
            ? current.permissions & ~0o111 : current.permissions | (current.permissions & 0o444) >> 2
    }

    /// The permissions for a link or node; `current` is what it takes the place of, whose permissions stay like those of a file.
    ///
    /// Those of a symbolic link say nothing: rsync 3.5.0 lets everybody write to a device that replaces one.
    func permissions(ofNode entry: FileEntry, replacing current: FileStatus?) -> UInt32 {
        guard let current, !current.isDirectory, entry.isSymbolicLink || !current.isSymbolicLink else {
            return permissions(of: entry, current: nil)
        }
        return permissions(of: entry, current: current)
    }

    private func hasOtherExecutability(_ entry: FileEntry, _ current: FileStatus) -> Bool {
        (entry.mode & 0o111 == 0) != (current.permissions & 0o111 == 0)
    }

    /// Whether an existing entry has other permissions than it should have.
    ///
    /// As in rsync, permissions that a new ACL brings along are not reported, except for directories and in a dry run.
    private func hasOtherPermissions(_ candidate: Candidate, _ current: FileStatus, isChanging: Bool) -> Bool {
        let entry = candidate.entry
        if entry.isSymbolicLink { return false }
        let comesWithList =
            changesDestination && !storesLists && !isChanging && !entry.isDirectory
            && candidate.metadata?.lists == .differs
        let compared: UInt32 = comesWithList ? 0o7000 : 0o7777
        if keepsPermissions { return (entry.mode ^ current.permissions) & compared != 0 }
        return keepsExecutability && entry.isRegular && current.isRegular && hasOtherExecutability(entry, current)
    }

    /// Whether an entry's modification time counts as equal to that of the existing entry (`--modify-window`,
    /// rsync(1)).
    func hasSameTime(_ entry: FileEntry, _ current: FileStatus) -> Bool {
        guard window >= 0 else { return grain.cut(entry.modificationTime, on: current) == current.modified }
        return isNear(entry.modified, current.modified.seconds)
    }

    /// Whether an existing entry has another access time than it should have; a symbolic link's does not count, because
    /// it changes whenever the link is read.
    private func hasOtherAccessTime(_ candidate: Candidate, _ current: FileStatus) -> Bool {
        guard !candidate.entry.isSymbolicLink, let accessed = accessTime(of: candidate) else { return false }
        return !isNear(accessed.seconds, current.accessed.seconds)
    }

    private func isNear(_ seconds: Int64, _ other: Int64) -> Bool {
        let (difference, isFar) = seconds.subtractingReportingOverflow(other)
        return !isFar && difference.magnitude <= UInt64(max(0, window))
    }

    /// The attributes to set on an entry once its content is correct.
    func attributes(for candidate: Candidate, current: FileStatus?) -> FileAttributes {
        let entry = candidate.entry
        var attributes = commonAttributes(for: entry, current: current)
        attributes.accessed = accessTime(of: candidate)
        if current == nil, !entry.isSymbolicLink, let inherited = candidate.inheritedPermissions {
            attributes.permissions = entry.mode & 0o777 & inherited
        }
        guard let metadata = candidate.metadata else { return attributes }
        if keepsLists, let permissions = attributes.permissions {
            attributes.accessList = AccessListChange(metadata.accessList.completed(with: permissions))
            if entry.isDirectory { attributes.defaultList = AccessListChange(metadata.defaultList) }
        }
        // A new entry has nothing to be removed.
        if let attributeNames, current != nil || metadata.extended != .empty {
            attributes.extended = ExtendedAttributesChange(metadata.extended, attributeNames)
        }
        return attributes
    }

    /// Those that are in the entry itself.
    private func commonAttributes(for entry: FileEntry, current: FileStatus?) -> FileAttributes {
        var attributes = FileAttributes()
        if keepsOwner { attributes.owner = entry.uid }
        if keepsGroup, !entry.flags.contains(.skipGroup) { attributes.group = entry.gid }
        if !entry.isSymbolicLink { attributes.permissions = permissions(of: entry, current: current) }
        if keepsTime(of: entry) { attributes.modified = entry.modificationTime }
        return attributes
    }

    /// The attributes to set on an entry whose content is unchanged; nil for none.
    ///
    /// A time that counts as equal is left unchanged, unless the content was read (`-c`): setting the source's
    /// nanoseconds on content that was not read could hide a change permanently. rsync 3.5.0 does the same.
    func corrections(for candidate: Candidate, current: FileStatus) -> FileAttributes? {
        let entry = candidate.entry
        var attributes = attributes(for: candidate, current: current)
        if entry.isDirectory { attributes = workable(attributes) }
        let wasRead = comparesSums && entry.isRegular
        if attributes.modified == current.modified || !wasRead && hasSameTime(entry, current) {
            attributes.modified = nil
        }
        if !hasOtherAccessTime(candidate, current) { attributes.accessed = nil }
        if candidate.metadata?.lists == .same { (attributes.accessList, attributes.defaultList) = (nil, nil) }
        if candidate.metadata?.attributes == .same { attributes.extended = nil }
        if attributes.owner == current.owner { attributes.owner = nil }
        if attributes.group == current.group { attributes.group = nil }
        // A change of owner clears setuid and setgid, so the permissions are set again.
        if attributes.owner == nil, attributes.group == nil, attributes.permissions == current.permissions,
            !current.hasUnstoredPermissions
        {
            attributes.permissions = nil
        }
        return attributes.isEmpty ? nil : attributes
    }

    /// The attributes to set on a directory before its contents are in place: working in it requires the owner's
    /// permissions, unless this process is root.
    func workable(_ attributes: FileAttributes) -> FileAttributes {
        guard !isRoot, let permissions = attributes.permissions else { return attributes }
        var attributes = attributes
        attributes.permissions = permissions | 0o700
        return attributes
    }

    /// The attributes to set on a directory once its contents, whose creation changed its time, are in place.
    ///
    /// - Parameters:
    ///   - entry: The directory.
    ///   - current: Its current status.
    ///   - isNew: Whether this run created it, so that its current time is ignored.
    ///   - withheld: Its final permissions, if ``workable(_:)`` has widened them.
    /// - Returns: Its final attributes.
    func finalAttributes(
        for entry: FileEntry,
        current: FileStatus,
        isNew: Bool,
        withheld: UInt32?
    ) -> FileAttributes {
        var attributes = commonAttributes(for: entry, current: current)
        if !isNew, hasSameTime(entry, current) { attributes.modified = nil }
        // What the directory inherited from its parent stays.
        if !keepsPermissions { attributes.permissions = withheld.map { $0 | current.permissions & 0o7000 } }
        return attributes
    }

    /// The flags for the differences of an existing entry.
    ///
    /// `isChanging`: whether content is being transferred or created; a time that is not preserved then changes.
    func differences(of candidate: Candidate, from current: FileStatus, isChanging: Bool) -> ItemFlags {
        let entry = candidate.entry
        var flags: ItemFlags = []
        if entry.isRegular, entry.size != current.size { flags.insert(.reportSize) }
        if keepsTime(of: entry) {
            if !hasSameTime(entry, current) { flags.insert(.reportTime) }
        } else if isChanging {
            flags.insert(.reportTime)
        }
        if candidate.metadata?.lists == .differs { flags.insert(.reportACL) }
        if candidate.metadata?.attributes == .differs { flags.insert(.reportAttributes) }
        if hasOtherAccessTime(candidate, current) { flags.insert(.reportAccessTime) }
        if hasOtherPermissions(candidate, current, isChanging: isChanging) { flags.insert(.reportPermissions) }
        if keepsOwner, entry.uid != current.owner { flags.insert(.reportOwner) }
        if keepsGroup, !entry.flags.contains(.skipGroup), entry.gid != current.group { flags.insert(.reportGroup) }
        return flags
    }
}

extension FileEntry {
    /// The listed modification time.
    var modificationTime: Timestamp { Timestamp(seconds: modified, nanoseconds: Int32(nanoseconds)) }
}
