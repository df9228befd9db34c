import Glibc
import RsyncWire
import VolumeAccess

/// Decides what metadata an entry shall have and how it differs from what is there (protocol specification, transfer
/// 11.3, 11.4, 14.7 and 15).
struct AttributeRules: Sendable {
    let options: TransferOptions
    private let isRoot = geteuid() == 0
    /// The process's umask, read once: reading it takes setting it, for every thread.
    private static let mask: UInt32 = {
        let current = umask(0)
        umask(current)
        return UInt32(current)
    }()

    init(options: TransferOptions) {
        self.options = options
        _ = Self.mask
    }

    /// Whether modification times are kept for this kind of entry.
    func keepsTime(of entry: FileEntry) -> Bool {
        options.times && !(entry.isDirectory && options.omitDirectoryTimes)
    }

    /// The permissions an entry shall have; `current` is what is at its name.
    func permissions(of entry: FileEntry, current: FileStatus?) -> UInt32 {
        if options.permissions { return entry.mode & 0o7777 }
        if let current { return current.permissions }
        return entry.mode & 0o777 & ~Self.mask
    }

    /// What to set on an entry once its content is right.
    func attributes(for entry: FileEntry, current: FileStatus?) -> FileAttributes {
        var attributes = FileAttributes()
        if options.owner, isRoot { attributes.owner = entry.uid }
        if options.group, !entry.flags.contains(.skipGroup) { attributes.group = entry.gid }
        if !entry.isSymbolicLink { attributes.permissions = permissions(of: entry, current: current) }
        if keepsTime(of: entry) {
            attributes.modified = Timestamp(seconds: entry.modified, nanoseconds: Int32(entry.nanoseconds))
        }
        return attributes
    }

    /// Whether something would have to be set on what is at an entry's name.
    func differ(_ entry: FileEntry, _ current: FileStatus) -> Bool {
        let wanted = attributes(for: entry, current: current)
        return wanted.owner ?? current.owner != current.owner || wanted.group ?? current.group != current.group
            || wanted.permissions ?? current.permissions != current.permissions
            || wanted.modified ?? current.modified != current.modified
    }

    /// Whether a regular file's content counts as unchanged by size and time alone.
    func looksUnchanged(_ entry: FileEntry, _ current: FileStatus) -> Bool {
        guard current.size == entry.size else { return false }
        if options.sizeOnly { return true }
        return !options.ignoreTimes && current.modified.seconds == entry.modified
    }

    /// The flags that say how an existing entry differs.
    ///
    /// `isChanging` says that content is being transferred or made: a time that is not kept then changes.
    func differences(of entry: FileEntry, from current: FileStatus, isChanging: Bool) -> ItemFlags {
        var flags: ItemFlags = []
        if entry.isRegular, entry.size != current.size { flags.insert(.reportSize) }
        if keepsTime(of: entry) {
            if entry.modified != current.modified.seconds { flags.insert(.reportTime) }
        } else if isChanging {
            flags.insert(.reportTime)
        }
        if options.permissions, !entry.isSymbolicLink, entry.mode & 0o7777 != current.permissions {
            flags.insert(.reportPermissions)
        }
        if options.owner, isRoot, entry.uid != current.owner { flags.insert(.reportOwner) }
        if options.group, !entry.flags.contains(.skipGroup), entry.gid != current.group { flags.insert(.reportGroup) }
        return flags
    }
}
