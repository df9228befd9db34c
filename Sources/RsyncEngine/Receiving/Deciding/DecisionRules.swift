import RsyncOptions
import RsyncWire
import VolumeAccess

/// What a session's options and terms mean for the entries of its destination; made once, and asked for each entry.
struct DecisionRules: Sendable {
    /// Whether symbolic links are made (`-l`).
    var makesLinks: Bool
    /// Whether devices are made (`--devices`, as root).
    var makesDevices: Bool
    /// Whether FIFOs and sockets are made (`--specials`).
    var makesSpecials: Bool
    /// Whether names of one file stay so, and other names are kept apart (`-H`).
    var keepsHardLinks: Bool

    /// Whether modification times are kept (`-t`).
    var keepsTimes: Bool
    /// Whether those of directories are (not with `--omit-dir-times`).
    var keepsDirectoryTimes: Bool
    /// Whether permissions are kept (`-p`).
    var keepsPermissions: Bool
    /// Whether owners are kept (`-o`, as root).
    var keepsOwner: Bool
    /// Whether groups are kept (`-g`).
    var keepsGroup: Bool
    /// Whether this process works in directories whatever their permissions are.
    var isRoot: Bool
    /// The process's umask.
    var mask: UInt32

    /// Whether contents are compared by their sums (`-c`).
    var comparesSums: Bool
    /// Whether a file of the same size counts as unchanged (`--size-only`).
    var comparesSizesOnly: Bool
    /// Whether no file counts as unchanged by its size and time (`-I`).
    var ignoresTimes: Bool
    /// By how many seconds times may differ and still count as equal; negative: nanoseconds count.
    var window: Int32
    /// How times are cut before they are compared to the nanosecond.
    var grain: TimeGrain

    /// The longest file that is asked for, in bytes; nil for any.
    var largestFile: Int64?
    /// Whether files are written in place (`--inplace`).
    var writesInPlace: Bool
    /// Whether block sums of what is there are sent (not with `-W`).
    var wantsDelta: Bool
    /// Whether small files come before large ones.
    var takesSmallestFirst: Bool
    /// Whether entries are reported that are as they should be (`-ii`, `-vv`; protocol specification, transfer 11.4).
    var reportsUnchanged: Bool
    /// Which names are removed, and when.
    var deletion: DeletionRules
}

/// What a session's options mean for names that the sender does not have.
struct DeletionRules: Sendable {
    /// Whether they are removed (`--delete`).
    var isWanted: Bool
    /// Whether that comes before all else (`--delete-before`).
    var comesFirst: Bool
    /// Whether they are removed although the sender had errors (`--ignore-errors`).
    var ignoresErrors: Bool
    /// Whether what is to go waits until it is known how much that is.
    var isGuarded: Bool
    /// The share of the destination's entries, in percent, beyond which nothing is removed; nil for any.
    var limit: Int?
    /// Whether nothing is removed for a sender without entries.
    var refusesEmptySource: Bool
    /// What protects names.
    var filters: FilterList
}

extension DecisionRules {
    /// Whether modification times are kept for this kind of entry.
    func keepsTime(of entry: FileEntry) -> Bool { keepsTimes && (keepsDirectoryTimes || !entry.isDirectory) }

    /// The permissions an entry shall have; `current` is what is at its name.
    func permissions(of entry: FileEntry, current: FileStatus?) -> UInt32 {
        if keepsPermissions { return entry.mode & 0o7777 }
        if let current { return current.permissions }
        return entry.mode & 0o777 & ~mask
    }

    /// Whether an entry's modification time counts as that of what is there (`--modify-window`, rsync(1)).
    func hasSameTime(_ entry: FileEntry, _ current: FileStatus) -> Bool {
        guard window >= 0 else { return grain.cut(entry.modificationTime, on: current) == current.modified }
        let (difference, isFar) = entry.modified.subtractingReportingOverflow(current.modified.seconds)
        return !isFar && difference.magnitude <= UInt64(window)
    }

    /// What to set on an entry once its content is right.
    func attributes(for entry: FileEntry, current: FileStatus?) -> FileAttributes {
        var attributes = FileAttributes()
        if keepsOwner { attributes.owner = entry.uid }
        if keepsGroup, !entry.flags.contains(.skipGroup) { attributes.group = entry.gid }
        if !entry.isSymbolicLink { attributes.permissions = permissions(of: entry, current: current) }
        if keepsTime(of: entry) { attributes.modified = entry.modificationTime }
        return attributes
    }

    /// What has to be set on an entry that was found to be right; nil for nothing.
    ///
    /// A time that counts as equal stays as it is, unless the content was read (`-c`): nanoseconds of the source on a
    /// content that nobody read would hide a change for good. rsync 3.5.0 does the same.
    func corrections(for entry: FileEntry, current: FileStatus) -> FileAttributes? {
        var attributes = attributes(for: entry, current: current)
        if entry.isDirectory { attributes = workable(attributes) }
        let wasRead = comparesSums && entry.isRegular
        if attributes.modified == current.modified || !wasRead && hasSameTime(entry, current) {
            attributes.modified = nil
        }
        if attributes.owner == current.owner { attributes.owner = nil }
        if attributes.group == current.group { attributes.group = nil }
        // A change of owner clears setuid and setgid, so that the permissions are set again.
        if attributes.owner == nil, attributes.group == nil, attributes.permissions == current.permissions {
            attributes.permissions = nil
        }
        return attributes == FileAttributes() ? nil : attributes
    }

    /// What to set on a directory before its contents are in place: work in it needs the owner's permissions, unless this
    /// process is root.
    func workable(_ attributes: FileAttributes) -> FileAttributes {
        guard !isRoot, let permissions = attributes.permissions else { return attributes }
        var attributes = attributes
        attributes.permissions = permissions | 0o700
        return attributes
    }

    /// What to set on a directory once its contents, whose making changed its time, are in place.
    ///
    /// - Parameters:
    ///   - entry: The directory.
    ///   - current: What it has now.
    ///   - isNew: Whether this run made it: the time of its making counts for nothing.
    /// - Returns: What it shall have.
    func finalAttributes(for entry: FileEntry, current: FileStatus, isNew: Bool) -> FileAttributes {
        var attributes = attributes(for: entry, current: current)
        if !isNew, hasSameTime(entry, current) { attributes.modified = nil }
        if !keepsPermissions { attributes.permissions = nil }
        return attributes
    }

    /// The flags that say how an existing entry differs.
    ///
    /// `isChanging` says that content is being transferred or made: a time that is not kept then changes.
    func differences(of entry: FileEntry, from current: FileStatus, isChanging: Bool) -> ItemFlags {
        var flags: ItemFlags = []
        if entry.isRegular, entry.size != current.size { flags.insert(.reportSize) }
        if keepsTime(of: entry) {
            if !hasSameTime(entry, current) { flags.insert(.reportTime) }
        } else if isChanging {
            flags.insert(.reportTime)
        }
        if keepsPermissions, !entry.isSymbolicLink, entry.mode & 0o7777 != current.permissions {
            flags.insert(.reportPermissions)
        }
        if keepsOwner, entry.uid != current.owner { flags.insert(.reportOwner) }
        if keepsGroup, !entry.flags.contains(.skipGroup), entry.gid != current.group { flags.insert(.reportGroup) }
        return flags
    }
}

extension FileEntry {
    /// When the content changed last, as listed.
    var modificationTime: Timestamp { Timestamp(seconds: modified, nanoseconds: Int32(nanoseconds)) }
}
