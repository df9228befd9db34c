import Glibc
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Decides what metadata an entry shall have and how it differs from what is there (protocol specification, transfer
/// 11.3, 11.4, 14.7 and 15).
struct AttributeRules: Sendable {
    let options: TransferOptions
    /// By how many seconds times may differ and still count as equal; negative: nanoseconds count.
    private let window: Int32
    /// How times are cut before they are compared to the nanosecond.
    private let grain: TimeGrain
    private let isRoot = geteuid() == 0
    /// The process's umask, read once: reading it takes setting it, for every thread.
    private static let mask: UInt32 = {
        let current = umask(0)
        umask(current)
        return UInt32(current)
    }()

    /// Rules for a session into a volume, which may be tried for what it keeps of a time.
    init(options: TransferOptions, dialect: Dialect, volume: Volume) {
        self.options = options
        let isExact = options.comparison.comparesNanoseconds && dialect.listsNanoseconds
        window = options.comparison.modifyWindow ?? (isExact ? -1 : 0)
        // What rsync's own option says is not softened by anything.
        grain = isExact && window < 0 ? TimeGrain(of: volume, mayMakeNames: !options.dryRun) : TimeGrain()
        _ = Self.mask
    }

    /// Whether modification times are kept for this kind of entry.
    func keepsTime(of entry: FileEntry) -> Bool {
        options.attributes.times && !(entry.isDirectory && options.attributes.omitDirectoryTimes)
    }

    /// The permissions an entry shall have; `current` is what is at its name.
    func permissions(of entry: FileEntry, current: FileStatus?) -> UInt32 {
        if options.attributes.permissions { return entry.mode & 0o7777 }
        if let current { return current.permissions }
        return entry.mode & 0o777 & ~Self.mask
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
        if options.attributes.owner, isRoot { attributes.owner = entry.uid }
        if options.attributes.group, !entry.flags.contains(.skipGroup) { attributes.group = entry.gid }
        if !entry.isSymbolicLink { attributes.permissions = permissions(of: entry, current: current) }
        if keepsTime(of: entry) {
            attributes.modified = entry.modificationTime
        }
        return attributes
    }

    /// What to set on an entry that was found to be right.
    ///
    /// A time that counts as equal stays as it is, unless the content was read (`-c`): nanoseconds of the source on a
    /// content that nobody read would hide a change for good. rsync 3.5.0 does the same.
    func corrections(for entry: FileEntry, current: FileStatus) -> FileAttributes {
        var attributes = attributes(for: entry, current: current)
        let wasRead = options.comparison.checksum && entry.isRegular
        if !wasRead, hasSameTime(entry, current) { attributes.modified = nil }
        return attributes
    }

    /// Whether something would have to be set on what is at an entry's name.
    func differ(_ entry: FileEntry, _ current: FileStatus) -> Bool {
        let wanted = corrections(for: entry, current: current)
        return wanted.owner ?? current.owner != current.owner || wanted.group ?? current.group != current.group
            || wanted.permissions ?? current.permissions != current.permissions
            || wanted.modified ?? current.modified != current.modified
    }

    /// Whether a regular file's content counts as unchanged by size and time alone.
    func looksUnchanged(_ entry: FileEntry, _ current: FileStatus) -> Bool {
        guard current.size == entry.size else { return false }
        if options.comparison.sizeOnly { return true }
        return !options.comparison.ignoreTimes && hasSameTime(entry, current)
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
        if options.attributes.permissions, !entry.isSymbolicLink, entry.mode & 0o7777 != current.permissions {
            flags.insert(.reportPermissions)
        }
        if options.attributes.owner, isRoot, entry.uid != current.owner { flags.insert(.reportOwner) }
        if options.attributes.group, !entry.flags.contains(.skipGroup), entry.gid != current.group {
            flags.insert(.reportGroup)
        }
        return flags
    }
}

extension FileEntry {
    /// When the content changed last, as listed.
    var modificationTime: Timestamp { Timestamp(seconds: modified, nanoseconds: Int32(nanoseconds)) }
}

/// What a destination's file system keeps of a modification time.
struct TimeGrain: Sendable {
    /// The step in nanoseconds; 1 when all is kept, or nothing was found out.
    private var step: Int64
    /// The file system it was found out on; what is mounted below is compared exactly.
    private var device: UInt64

    /// Keeps all.
    init() {
        step = 1
        device = 0
    }

    /// Finds out about a destination; what cannot be found out is compared exactly, which costs a transfer at worst.
    init(of volume: Volume, mayMakeNames: Bool) {
        self.init()
        guard let grain = volume.timeGrain(mayMakeNames: mayMakeNames), let root = try? volume.root.status() else {
            return
        }
        (step, device) = (grain, root.device)
    }

    /// What would be kept of a time at the place of `current`.
    func cut(_ time: Timestamp, on current: FileStatus) -> Timestamp {
        current.device == device ? time.cut(to: step) : time
    }
}
