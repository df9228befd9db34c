import LinuxSystem

/// One entry of a file list: plain numbers; its name is in the list's arena, its extra fields in ``FileList/extras``.
package struct FileEntry: Sendable {
    /// The start of the name in ``FileList/arena``, where it is followed by a NUL.
    package var nameStart: UInt32 = 0
    /// Length in bytes of the full name, relative to the transfer's root.
    package var nameLength: UInt16 = 0
    /// Offset of the last component in the name; 0 for a name without a slash.
    package var leafOffset: UInt16 = 0
    /// POSIX mode with Linux type bits.
    package var mode: UInt32 = 0
    /// Size in bytes; for a symbolic link, the length of its target.
    package var size: Int64 = 0
    /// Modification time in seconds since 1970.
    package var modified: Int64 = 0
    /// Nanoseconds of the modification time, 0 to 999,999,999.
    package var nanoseconds: UInt32 = 0
    /// Owner.
    package var uid: UInt32 = 0
    /// Group.
    package var gid: UInt32 = 0
    /// The entry's flags.
    package var flags: Flags = []
    /// On the sending side: the number of the source argument that the name is below.
    package var source: UInt16 = 0
    /// Index into ``FileList/extras``, or -1.
    package var extra: Int32 = -1
    /// Index into ``FileList/attributes``, or -1.
    package var attributes: Int32 = -1

    /// Creates an empty entry.
    package init() {}

    /// Flags of an entry besides its metadata.
    package struct Flags: OptionSet, Sendable {
        /// The bits, used within this process only.
        package let rawValue: UInt16

        /// Creates a set from bits.
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        /// Creates a set; the generic initializer of the standard library takes 800 instructions, and this is done for each file.
        package init(arrayLiteral elements: Flags...) {
            var bits: UInt16 = 0
            for element in elements { bits |= element.rawValue }
            rawValue = bits
        }

        /// A directory named as a source (start of a deletion hierarchy).
        package static let topDirectory = Flags(rawValue: 1)
        /// A directory whose contents are in the transfer, so that what is not listed may be deleted.
        package static let hasContents = Flags(rawValue: 2)
        /// The entry has other hard links.
        package static let hardLinked = Flags(rawValue: 4)
        /// A duplicate that was blanked: the slot keeps its index and must never be used.
        package static let blank = Flags(rawValue: 8)
        /// The group must not be set: the receiver is not a member of it.
        package static let skipGroup = Flags(rawValue: 16)
    }

    /// Whether it is a directory that is only above what was asked for (protocol specification, transfer 3.5).
    package var isImplied: Bool {
        isDirectory && flags.contains(.topDirectory) && !flags.contains(.hasContents)
    }

    /// The type bits of the mode.
    package var type: UInt32 { mode & 0o170000 }
    /// Whether it stands for a source that does not exist, to be deleted at the destination.
    package var isMissing: Bool { mode == 0 }
    /// Whether it is a directory.
    package var isDirectory: Bool { type == 0o040000 }
    /// Whether it is a regular file.
    package var isRegular: Bool { type == 0o100000 }
    /// Whether it is a symbolic link.
    package var isSymbolicLink: Bool { type == 0o120000 }
    /// Whether it is a character or block device.
    package var isDevice: Bool { type == 0o020000 || type == 0o060000 }
    /// Whether the type bits are those of a file, directory, link, device, FIFO or socket.
    var isKnownType: Bool { isRegular || isDirectory || isSymbolicLink || isDevice || isSpecial }
    /// Whether it is a FIFO or a socket.
    package var isSpecial: Bool { type == 0o010000 || type == 0o140000 }
}

/// The fields that few entries have.
package struct FileEntryExtra: Sendable {
    /// The major number of a device node.
    package var deviceMajor: UInt32 = 0
    /// The minor number of a device node.
    package var deviceMinor: UInt32 = 0
    /// The start of a symbolic link's target in the arena, where it is followed by a NUL.
    package var targetStart: UInt32 = 0
    /// Length in bytes of the target.
    package var targetLength: UInt16 = 0
    /// The group of a hard-linked entry that was received, -1 for none.
    ///
    /// It is the list's start plus the first member's position in the order of transmission (protocol specification,
    /// transfer 6). The sending side groups by ``device`` and ``inode``.
    package var linkGroup: Int32 = -1
    /// Device of the file on the sending side, to find its other links.
    package var device: UInt64 = 0
    /// Inode of the file on the sending side, to find its other links.
    package var inode: UInt64 = 0
    /// The start of the whole-file checksum (`-c`) in the arena; its length depends on the algorithm.
    package var checksumStart: UInt32 = 0

    /// Creates empty fields.
    package init() {}
}

/// The attributes of an entry that only some sessions carry (`-U`, `-A`, `-X`).
package struct EntryAttributes: Sendable, Equatable {
    /// Access time in seconds since 1970; 0 for a directory.
    package var accessed: Int64 = 0
    /// The number of the access ACL in ``ListedMetadata``; -1 when the mode says it all.
    package var accessList: Int32 = -1
    /// The number of a directory's default ACL in ``ListedMetadata``; -1 for none.
    package var defaultList: Int32 = -1
    /// The number of the set of extended attributes in ``ListedMetadata``; -1 for none.
    package var extended: Int32 = -1

    /// Creates attributes without values.
    package init() {}
}

/// A file list: entries in the order of transmission and their sorted order, without an object per file.
///
/// Indexes on the wire are positions in the sorted order plus ``start`` (protocol specification, transfer 3.9).
///
/// ## Concurrency model
/// One thread builds a list; once it has been handed over it is only read, except for `flags`, which belong to the
/// generator.
package final class FileList: @unchecked Sendable {
    /// Names, link targets and checksums; each name and target is followed by a NUL.
    package private(set) var arena: [UInt8] = []
    /// Entries in the order of transmission.
    package var entries: [FileEntry] = []
    /// The extra fields of entries.
    package var extras: [FileEntryExtra] = []
    /// The attributes of entries in sessions that carry them.
    package var attributes: [EntryAttributes] = []
    /// Owners and groups that were mapped, as they were before, by ``FileEntry/nameStart``; only where they are shown.
    package var unmappedIDs: [UInt32: (uid: UInt32, gid: UInt32)] = [:]
    /// Positions in ``entries``, sorted; filled by ``sort()``.
    package var order: [UInt32] = []
    /// The index of the first sorted entry.
    package let start: Int32
    /// The session-wide number of the directory that the list belongs to; -1 for the first list.
    package let directory: Int32
    /// The I/O error bits that the sender sent at the end of the list.
    package var errorBits: Int32 = 0
    /// The length in bytes of the directories that all names start with, including the slash; set by ``sort()``.
    package internal(set) var sharedPrefix = 0
    /// Whether names are ordered by their bytes alone (``Dialect/sortsByBytes``).
    package let sortsByBytes: Bool

    /// Whether names lost a slash that they were sorted with, so that they cannot be searched for by their order.
    var isOutOfOrder = false

    /// Creates an empty list.
    ///
    /// - Parameters:
    ///   - start: Index of its first entry: 1 for the first list with incremental recursion, 0 without it.
    ///   - directory: The number of its directory among all directories sent, or -1.
    ///   - sortsByBytes: Whether names are ordered by their bytes alone (``Dialect/sortsByBytes``).
    package init(start: Int32, directory: Int32, sortsByBytes: Bool = false) {
        self.start = start
        self.directory = directory
        self.sortsByBytes = sortsByBytes
    }

    /// Number of entries.
    package var count: Int { entries.count }

    /// The memory of an empty list in bytes, including allocator overhead, approximately.
    private static let emptyFootprint = 512

    /// The memory of the list in bytes, for a limit on memory.
    package var footprint: Int {
        Self.emptyFootprint + arena.capacity + entries.capacity * MemoryLayout<FileEntry>.stride + order.capacity * 4
            + extras.capacity * MemoryLayout<FileEntryExtra>.stride
            + attributes.capacity * MemoryLayout<EntryAttributes>.stride
    }

    /// Appends bytes and a NUL to the arena.
    ///
    /// - Returns: Their start.
    package func store(_ bytes: Span<UInt8>) -> UInt32 {
        let start = UInt32(arena.count)
        arena.append(copying: bytes)
        arena.append(0)
        return start
    }

    /// Appends bytes and a NUL to the arena.
    ///
    /// - Returns: Their start.
    package func store(_ bytes: some Collection<UInt8>) -> UInt32 {
        let start = UInt32(arena.count)
        arena.append(contentsOf: bytes)
        arena.append(0)
        return start
    }

    /// Adds an entry and its name: `parent`, a slash and `leaf`, or `leaf` alone at the root.
    ///
    /// - Parameters:
    ///   - entry: Its metadata; the fields about the name are set here.
    ///   - parent: The directory's name in the transfer, without a trailing slash; empty at the root.
    ///   - leaf: The last component.
    /// - Returns: False, with nothing added, if the full name would be longer than 4095 bytes.
    package func add(_ entry: FileEntry, parent: [UInt8], leaf: Span<UInt8>) -> Bool {
        let leafOffset = parent.isEmpty ? 0 : parent.count + 1
        guard leafOffset + leaf.count <= 4095 else { return false }
        var entry = entry
        entry.nameStart = UInt32(arena.count)
        entry.nameLength = UInt16(leafOffset + leaf.count)
        entry.leafOffset = UInt16(leafOffset)
        if !parent.isEmpty {
            arena.append(contentsOf: parent)
            arena.append(UInt8(ascii: "/"))
        }
        arena.append(copying: leaf)
        arena.append(0)
        entries.append(entry)
        return true
    }

    /// Adds an entry under its full name.
    ///
    /// - Returns: False, with nothing added, if the name is longer than 4095 bytes.
    package func add(_ entry: FileEntry, path: [UInt8]) -> Bool {
        guard path.count <= 4095 else { return false }
        var entry = entry
        entry.nameStart = store(path)
        entry.nameLength = UInt16(path.count)
        entry.leafOffset = UInt16(path.leafStart)
        entries.append(entry)
        return true
    }

    /// Appends exactly `count` bytes from a stream, and a NUL, to the arena.
    ///
    /// - Returns: Their start.
    func store(_ count: Int, from input: WireInput, _ field: StaticString) throws(WireError) -> UInt32 {
        let start = UInt32(arena.count)
        try input.append(count, to: &arena, field)
        arena.append(0)
        return start
    }

    /// The entry at a sorted position.
    package func entry(sorted position: Int) -> FileEntry { entries[Int(order[position])] }

    /// The full name of an entry.
    package func name(of entry: FileEntry) -> ArraySlice<UInt8> {
        arena[Int(entry.nameStart)..<Int(entry.nameStart) + Int(entry.nameLength)]
    }

    /// The last component of an entry's name.
    package func leaf(of entry: FileEntry) -> ArraySlice<UInt8> { name(of: entry).dropFirst(Int(entry.leafOffset)) }

    /// The name of the entry's directory, without a trailing slash; empty at the root.
    package func parent(of entry: FileEntry) -> ArraySlice<UInt8> {
        name(of: entry).prefix(max(0, Int(entry.leafOffset) - 1))
    }

    /// A symbolic link's target; empty for other entries.
    package func target(of entry: FileEntry) -> ArraySlice<UInt8> {
        guard entry.extra >= 0 else { return [] }
        let extra = extras[Int(entry.extra)]
        return arena[Int(extra.targetStart)..<Int(extra.targetStart) + Int(extra.targetLength)]
    }

    /// The attributes of an entry; empty if it has none.
    package func attributes(of entry: FileEntry) -> EntryAttributes {
        entry.attributes >= 0 ? attributes[Int(entry.attributes)] : EntryAttributes()
    }

    /// Adds attributes.
    ///
    /// - Returns: Their index, for ``FileEntry/attributes``.
    package func add(_ added: EntryAttributes) -> Int32 {
        attributes.append(added)
        return Int32(attributes.count - 1)
    }

    /// The extra fields of an entry; empty if it has none.
    package func extra(of entry: FileEntry) -> FileEntryExtra {
        entry.extra >= 0 ? extras[Int(entry.extra)] : FileEntryExtra()
    }
}
