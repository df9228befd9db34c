import FileMetadata
import LinuxSystem

/// Limits on the memory that a peer's file lists may take (protocol specification, transfer 19.1, F24).
package struct FileListLimits: Sendable, Equatable {
    /// The most entries in one list.
    package var entries: Int
    /// The most memory, in bytes, of all live lists, and of what outlives them: names of users and groups, numbers of
    /// hard link groups.
    package var bytes: Int
    /// The most memory, in bytes, of the names of users and groups, which are kept until the session ends.
    package var nameBytes: Int { bytes / Self.nameShare }
    /// The fraction of ``bytes`` for names of users and groups: by default 64 MiB, for several hundred thousand names.
    private static let nameShare = 16

    /// Sets the limits.
    package init(entries: Int, bytes: Int) {
        self.entries = entries
        self.bytes = bytes
    }

    /// 1 GiB, rsync's own limit for one allocation: enough for several million files in one directory.
    package static let standard = FileListLimits(entries: 100_000_000, bytes: 1 << 30)
}

/// Decodes file lists from an untrusted peer (protocol specification, transfer 3, 5, 6 and 19.1); one decoder is used
/// for all lists of a session.
package struct FileListDecoder {
    private static let pathLimit = 4096
    /// The memory of a name besides its bytes: array overhead, and entries in the dictionaries that it is looked up in.
    private static let nameOverhead = 128
    /// The memory of a hard link group's number in a set that is half empty.
    private static let groupWeight = 16

    private let format: FileListFormat
    private let limits: FileListLimits
    /// The memory in bytes that the next list may take.
    private var space = 0
    /// The user names received from the peer so far.
    package private(set) var userNames: [UInt32: [UInt8]] = [:]
    /// The group names received from the peer so far.
    package private(set) var groupNames: [UInt32: [UInt8]] = [:]
    /// The memory in bytes of the names of users and groups.
    private var nameFootprint = 0
    private var carried = CarriedState()
    /// The name of the last entry as received.
    private var lastName: [UInt8] = []
    /// The numbers of all lists' hard link groups so far.
    private var groups: Set<Int32> = []
    /// Before protocol 30: hard link groups by device and inode.
    private var inodes = InodeGroups()
    /// The memory of ACLs and extended attributes, which are kept until the session ends, before the current list.
    private var listedBefore = 0
    private let metadata: ListedMetadataReader
    private let table: ListedMetadata
    /// Before protocol 30: the directory below which directories have contents; nil outside of one.
    private var hierarchy: [UInt8]?

    /// Prepares to decode the lists of one session.
    ///
    /// - Parameters:
    ///   - format: The format that the two ends agreed on.
    ///   - limits: The limits on the lists' memory.
    ///   - table: Gets the ACLs and extended attributes of entries.
    package init(
        format: FileListFormat,
        limits: FileListLimits = .standard,
        metadata table: ListedMetadata = ListedMetadata()
    ) {
        self.table = table
        metadata = ListedMetadataReader(into: table)
        self.format = format
        self.limits = limits
        lastName.reserveCapacity(Self.pathLimit)
    }

    /// Reads one list with all that follows it up to the next item, and prepares it: sorted, without duplicates, its
    /// ``FileList/errorBits`` set.
    ///
    /// - Parameters:
    ///   - input: The stream from the sender.
    ///   - list: An empty list. After an error it contains some of the entries.
    ///   - directory: The directory that the list belongs to, with incremental recursion; empty for the first list.
    ///   - held: The memory in bytes of the lists that are already live, such as ``LiveFileLists/footprint``.
    /// - Throws: ``WireError`` with the exit code for the violated rule (protocol specification, transfer 19.1).
    package mutating func decode(
        from input: WireInput,
        into list: FileList,
        directory: [UInt8] = [],
        holding held: Int
    ) throws(WireError) {
        space = min(
            limits.bytes - held - nameFootprint - groups.count * Self.groupWeight - metadataFootprint,
            Int(UInt32.max) - 65536
        )
        listedBefore = metadataFootprint
        guard space > 0 else { throw Self.tooLarge }
        while let bits = try readBits(from: input, into: list) {
            try checkSpace(in: list)
            try readEntry(bits, from: input, into: list, directory)
        }
        if format.hasIDLists {
            if format.owner || format.acls { try readIDs(from: input, to: \.userNames) }
            if format.group || format.acls { try readIDs(from: input, to: \.groupNames) }
        }
        if format.dialect.endsListWithErrors { list.errorBits = try input.int32("the error bits of a file list") & 7 }
        list.sort()
        list.removeDuplicates()
        if format.allowsAbsoluteNames { list.stripLeadingSlashes() }
        if !format.isIncremental, format.listsParents, !list.isOutOfOrder { try list.checkParents() }
    }

    // MARK: list

    /// Reads the flags of the next entry; nil at the end of the list, whose error bits are stored.
    private func readBits(from input: WireInput, into list: FileList) throws(WireError) -> EntryBits? {
        if format.usesVarintFlags {
            let bits = try input.varint("the flags of a file-list entry")
            if bits != 0 { return EntryBits(rawValue: UInt32(bitPattern: bits)) }
            list.errorBits = try input.varint("the error bits of a file list") & 7
            return nil
        }
        let first = try input.byte("the flags of a file-list entry")
        if first == 0 { return nil }
        var bits = EntryBits(rawValue: UInt32(first))
        guard format.dialect.hasLongEntryFlags else { return bits }
        if bits.contains(.extended) {
            bits = EntryBits(rawValue: UInt32(first) | UInt32(try input.byte("the flags of a file-list entry")) << 8)
        }
        guard bits == .endWithErrors else { return bits }
        guard format.hasSafeEnd else { throw .incompatible("error bits at the end of a file list were not negotiated") }
        list.errorBits = try input.varint("the error bits of a file list") & 7
        return nil
    }

    private func checkSpace(in list: FileList) throws(WireError) {
        // Two indexes after the last entry stay free: the next list's directory and start.
        let indexLimit = Int(Int32.max - list.start) - 2
        let length =
            list.arena.count + list.count * (MemoryLayout<FileEntry>.stride + 4)
            + list.extras.count * MemoryLayout<FileEntryExtra>.stride
            + list.attributes.count * MemoryLayout<EntryAttributes>.stride + inodes.footprint
            + metadataFootprint - listedBefore
        guard list.count < min(limits.entries, indexLimit), length < space else { throw Self.tooLarge }
    }

    private var metadataFootprint: Int { table.footprint + metadata.footprint }

    static let tooLarge = WireError.violation(
        "the file lists exceed their memory limit",
        exitCode: 22
    )

    private mutating func readIDs(
        from input: WireInput,
        to names: WritableKeyPath<FileListDecoder, [UInt32: [UInt8]]>
    ) throws(WireError) {
        while true {
            let id = UInt32(bitPattern: try input.varint30("an id in a list of names"))
            if id == 0, !format.namesIDZero { return }
            try readName(of: id, from: input, to: names)
            if id == 0 { return }
        }
    }

    /// Reads the peer's name for an ID; an empty one counts as none.
    private mutating func readName(
        of id: UInt32,
        from input: WireInput,
        to names: WritableKeyPath<FileListDecoder, [UInt32: [UInt8]]>
    ) throws(WireError) {
        let length = Int(try input.byte("the length of a user or group name"))
        let name = try input.bytes(length, "a user or group name")
        guard name.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw .incompatible("control characters in the name of id \(id): \(PrintableText.escaped(name))")
        }
        guard !name.isEmpty else { return }
        if let former = self[keyPath: names].updateValue(name, forKey: id) {
            nameFootprint += name.count - former.count
        } else {
            nameFootprint += name.count + Self.nameOverhead
        }
        guard nameFootprint <= limits.nameBytes else {
            let text = "the names of users and groups exceed their limit of \(limits.nameBytes) bytes"
            throw .violation(text, exitCode: 22)
        }
    }

    // MARK: entry

    private mutating func readEntry(
        _ bits: EntryBits,
        from input: WireInput,
        into list: FileList,
        _ directory: [UInt8]
    ) throws(WireError) {
        try readName(bits, from: input)
        var entry = try named(in: list, directory)
        let position = list.start + Int32(list.count)
        var group: Int32 = -1
        if bits.contains(.hardLinked), format.dialect.numbersLinkGroups {
            group = bits.contains(.firstLink) ? position : try readLeader(from: input, of: list)
        }
        if group >= list.start, group != position {
            entry = alias(entry, of: list.entries[Int(group - list.start)], in: list)
        } else {
            var attributes = EntryAttributes()
            try readMetadata(bits, into: &entry, &attributes, from: input)
            if attributes != EntryAttributes() { entry.attributes = list.add(attributes) }
            let extra = try readExtra(bits, of: entry, &group, from: input, into: list)
            if let extra {
                entry.extra = Int32(list.extras.count)
                list.extras.append(extra)
            }
        }
        if format.hardLinks, group >= 0 {
            guard !entry.isDirectory else { throw .incompatible("a directory in a hard-link group") }
            if format.dialect.numbersLinkGroups {
                entry.flags.insert(.hardLinked)
                if group == position { groups.insert(group) }
            } else if group != position {
                entry.flags.insert(.hardLinked)
                list.entries[Int(group - list.start)].flags.insert(.hardLinked)
            }
        }
        if format.acls || format.extended { try readMetadata(of: &entry, in: list, from: input) }
        if !entry.isDirectory, entry.nameLength == 1, list.arena[Int(entry.nameStart)] == UInt8(ascii: ".") {
            throw .incompatible("rejecting a transfer root that is not a directory")
        }
        list.entries.append(entry)
    }

    /// Reads ACLs and extended attributes, which follow abbreviated hard links, too.
    private mutating func readMetadata(
        of entry: inout FileEntry,
        in list: FileList,
        from input: WireInput
    ) throws(WireError) {
        var attributes = list.attributes(of: entry)
        let before = attributes
        if format.acls, !entry.isSymbolicLink {
            attributes.accessList = try metadata.accessList(from: input) { (named) throws(WireError) in
                try readName(of: named.id, from: input, to: named.isUser ? \.userNames : \.groupNames)
            }
            if entry.isDirectory {
                attributes.defaultList = try metadata.defaultList(from: input) { (named) throws(WireError) in
                    try readName(of: named.id, from: input, to: named.isUser ? \.userNames : \.groupNames)
                }
            }
        }
        if format.extended { attributes.extended = try metadata.set(from: input, space: space) }
        if attributes != before { entry.attributes = list.add(attributes) }
    }

    /// Brings ``lastName`` up to date.
    private mutating func readName(_ bits: EntryBits, from input: WireInput) throws(WireError) {
        let shared = bits.contains(.sameName) ? Int(try input.byte("the shared part of a name")) : 0
        let length =
            bits.contains(.longName)
            ? Int(try input.varint30("the length of a name")) : Int(try input.byte("the length of a name"))
        guard length >= 0, shared + length < Self.pathLimit else {
            throw .violation("a name of \(shared) and \(length) bytes is too long", exitCode: 22)
        }
        guard shared <= lastName.count else { throw .malformed("a name shares more than the last name has") }
        lastName.removeLast(lastName.count - shared)
        try input.append(length, to: &lastName, "a name")
    }

    /// Appends the checked name to the list's arena; returns an entry without metadata.
    private func named(in list: FileList, _ directory: [UInt8]) throws(WireError) -> FileEntry {
        if format.allowsAbsoluteNames, lastName.first == UInt8(ascii: "/") {
            return try absoluteName(in: list, directory)
        }
        var entry = FileEntry()
        let leafOffset: Int
        if let offset = try ListedName.leafOffset(of: lastName.span) {
            leafOffset = offset
            entry.nameLength = UInt16(lastName.count)
            entry.nameStart = list.store(lastName.span)
        } else {
            let name = ListedName.squeezed(lastName)
            leafOffset = name.leafStart
            entry.nameLength = UInt16(name.count)
            entry.nameStart = list.store(name.span)
        }
        entry.leafOffset = UInt16(leafOffset)
        if format.isIncremental, !list.hasParent(entry, directory.span) {
            throw .violation("invalid path from sender: \(PrintableText.escaped(lastName))", exitCode: 4)
        }
        return entry
    }

    /// Appends a checked name that begins with a slash: it keeps one until the list is sorted.
    private func absoluteName(in list: FileList, _ directory: [UInt8]) throws(WireError) -> FileEntry {
        var name = Array(lastName.drop { $0 == UInt8(ascii: "/") })
        if name.isEmpty { name = [UInt8(ascii: ".")] }
        if try ListedName.leafOffset(of: name.span) == nil { name = ListedName.squeezed(name) }
        var entry = FileEntry()
        if directory.isEmpty, name != [UInt8(ascii: ".")] { name.insert(UInt8(ascii: "/"), at: 0) }
        entry.leafOffset = UInt16(name.leafStart)
        entry.nameLength = UInt16(name.count)
        entry.nameStart = list.store(name.span)
        if format.isIncremental, !list.hasParent(entry, directory.span) {
            throw .violation("invalid path from sender: \(PrintableText.escaped(lastName))", exitCode: 4)
        }
        return entry
    }

    /// Reads the number of the group that a hard link joins.
    private func readLeader(from input: WireInput, of list: FileList) throws(WireError) -> Int32 {
        let number = try input.varint("the group of a hard link")
        guard number >= 0, number < list.start + Int32(list.count) else {
            throw .incompatible("hard-link reference out of range: \(number)")
        }
        if number >= list.start {
            let leader = list.entries[Int(number - list.start)]
            guard !leader.isDirectory, !format.hardLinks || list.extra(of: leader).linkGroup == number else {
                throw .incompatible("hard-link reference to an entry that is not the first of a group: \(number)")
            }
        } else if !format.isIncremental || format.hardLinks && !groups.contains(number) {
            throw .incompatible("hard-link reference to an unknown group: \(number)")
        }
        return number
    }

    /// An abbreviated entry: the name is its own, everything else the leader's.
    private mutating func alias(_ entry: FileEntry, of leader: FileEntry, in list: FileList) -> FileEntry {
        var alias = leader
        alias.nameStart = entry.nameStart
        alias.nameLength = entry.nameLength
        alias.leafOffset = entry.leafOffset
        carried.follow(
            leader,
            accessed: list.attributes(of: leader).accessed,
            deviceMajor: format.sentMajor(leader, of: list)
        )
        return alias
    }

    // MARK: metadata

    private mutating func readMetadata(
        _ bits: EntryBits,
        into entry: inout FileEntry,
        _ attributes: inout EntryAttributes,
        from input: WireInput
    ) throws(WireError) {
        entry.size = try input.varlong30(3, "the length of a file")
        guard entry.size >= 0 else { throw .violation("the length of a file is negative", exitCode: 4) }
        if !bits.contains(.sameTime) { carried.modified = try readTime(from: input) }
        if bits.contains(.nanoseconds), format.dialect.listsNanoseconds {
            let nanoseconds = try input.varint("the nanoseconds of a modification time")
            guard (0...999_999_999).contains(nanoseconds) else {
                throw .incompatible("nanoseconds of a modification time out of range: \(nanoseconds)")
            }
            entry.nanoseconds = UInt32(nanoseconds)
        }
        if !bits.contains(.sameMode) { carried.mode = UInt32(bitPattern: try input.int32("a mode")) }
        entry.mode = carried.mode
        guard entry.mode & ~0o177777 == 0, entry.isKnownType || entry.isMissing && format.listsMissing else {
            throw .incompatible("invalid file mode 0\(String(entry.mode, radix: 8))")
        }
        if format.accessTimes, !entry.isDirectory {
            if !bits.contains(.sameAccessTime) { carried.accessed = try input.varlong(4, "an access time") }
            attributes.accessed = carried.accessed
        }
        if format.owner, !bits.contains(.sameUser) {
            carried.uid = UInt32(bitPattern: try input.varint30("a user id"))
            if bits.contains(.userName), format.dialect.hasInlineNames {
                try readName(of: carried.uid, from: input, to: \.userNames)
            }
        }
        if format.group, !bits.contains(.sameGroup) {
            carried.gid = UInt32(bitPattern: try input.varint30("a group id"))
            if bits.contains(.groupName), format.dialect.hasInlineNames {
                try readName(of: carried.gid, from: input, to: \.groupNames)
            }
        }
        entry.modified = carried.modified
        entry.uid = carried.uid
        entry.gid = carried.gid
        if entry.isDirectory {
            if bits.contains(.topDirectory) { entry.flags.insert(.topDirectory) }
            let hasContents =
                format.dialect.marksContents ? !bits.contains(.noContents) : belongsToHierarchy(bits)
            if hasContents { entry.flags.insert(.hasContents) }
        }
    }

    private func readTime(from input: WireInput) throws(WireError) -> Int64 {
        guard !format.dialect.hasLongTimes else { return try input.varlong(4, "a modification time") }
        return Int64(UInt32(bitPattern: try input.int32("a modification time")))
    }

    /// Whether the last directory is a source or below one, before protocol 30 (protocol specification, transfer 3.5).
    private mutating func belongsToHierarchy(_ bits: EntryBits) -> Bool {
        guard format.recursive else { return bits.contains(.topDirectory) }
        if bits.contains(.topDirectory) {
            hierarchy = lastName == [UInt8(ascii: ".")] ? [] : lastName + [UInt8(ascii: "/")]
            return true
        }
        guard let start = hierarchy else { return false }
        if lastName.starts(with: start) { return true }
        hierarchy = nil
        return false
    }

    /// Reads the extra fields; nil if the entry has none.
    ///
    /// Before protocol 30 they decide about the hard link group.
    private mutating func readExtra(
        _ bits: EntryBits,
        of entry: FileEntry,
        _ group: inout Int32,
        from input: WireInput,
        into list: FileList
    ) throws(WireError) -> FileEntryExtra? {
        var extra = FileEntryExtra()
        var isNeeded = false
        if format.hasDeviceNumbers(entry) {
            let numbers = try carried.readDevice(bits, format.dialect, from: input)
            if entry.isDevice {
                extra.deviceMajor = numbers.major
                extra.deviceMinor = numbers.minor
                isNeeded = true
            }
        }
        if format.links, entry.isSymbolicLink {
            let length = Int(try input.varint30("the length of a link's target"))
            guard (0..<Self.pathLimit).contains(length) else {
                throw .violation("the target of a symbolic link has \(length) bytes", exitCode: 22)
            }
            if format.targets == .verbatim {
                extra.targetStart = try list.store(length, from: input, "the target of a symbolic link")
                extra.targetLength = UInt16(length)
            } else {
                let depth = lastName.dropFirst().count { $0 == UInt8(ascii: "/") }
                let target = try input.bytes(length, "the target of a symbolic link")
                let stored = format.targets.stored(target, depth: depth)
                extra.targetStart = list.store(stored)
                extra.targetLength = UInt16(stored.count)
            }
            guard !list.holdsNUL(from: extra.targetStart, count: Int(extra.targetLength)) else {
                throw .violation("a NUL in the target of a symbolic link", exitCode: 4)
            }
            isNeeded = true
        }
        if format.hasInode(entry, bits) {
            let inode = try carried.readInode(bits, from: input)
            extra.device = inode.device
            extra.inode = inode.number
            group = inodes.group(of: inode, at: list.start + Int32(list.count))
        }
        if format.hardLinks, group >= 0 {
            extra.linkGroup = group
            isNeeded = true
        }
        if format.hasChecksum(entry) {
            extra.checksumStart = try list.store(format.checksumLength, from: input, "the checksum of a file")
            isNeeded = true
        }
        return isNeeded ? extra : nil
    }
}
