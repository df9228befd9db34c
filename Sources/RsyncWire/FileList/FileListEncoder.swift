import FileMetadata
import LinuxSystem

/// Whether an ID is a user's or a group's.
package enum IDKind: Sendable {
    case user, group
}

/// Encodes file lists (protocol specification, transfer 3, 5 and 6); one encoder is used for all lists of a session.
package struct FileListEncoder {
    /// The decisions about an entry before its first byte is written.
    private struct Head {
        var bits: EntryBits
        /// The number of bytes that the name shares with the start of the last name.
        var shared: Int
        /// The group that the entry joins; nil if it is the first of its group or in none.
        var leader: Int32?
        var userName: [UInt8]?
        var groupName: [UInt8]?
    }

    private let format: FileListFormat
    private let lookup: (IDKind, UInt32) -> [UInt8]?
    private var carried = CarriedState()
    /// The last name of the previous list; empty before the session's first entry.
    private var lastName: [UInt8] = []
    /// The group number of every sent file with more than one link.
    private var groups: [Inode: Int32] = [:]
    private var users = SeenIDs()
    private var userGroups = SeenIDs()
    private let metadata: ListedMetadataWriter

    /// Prepares to encode the lists of one session.
    ///
    /// - Parameters:
    ///   - format: The format that the two ends agreed on.
    ///   - table: The ACLs and extended attributes of entries.
    ///   - name: Looks up the name of a user or group, nil if it has none; called at most once for each ID.
    package init(
        format: FileListFormat,
        metadata table: ListedMetadata = ListedMetadata(),
        name: @escaping (IDKind, UInt32) -> [UInt8]?
    ) {
        metadata = ListedMetadataWriter(from: table)
        self.format = format
        lookup = name
    }

    /// Writes all entries of a list in the order in which they were added.
    ///
    /// Hard links have ``FileEntry/Flags/hardLinked`` and their device and inode in ``FileEntryExtra``. Names have at most
    /// 4095 bytes.
    ///
    /// - Parameters:
    ///   - list: A list whose start follows from the previous list (protocol specification, transfer 4.2).
    ///   - output: The stream to the receiver.
    /// - Throws: ``WireError/transport(_:)`` when the stream could not be written.
    package mutating func encode(_ list: FileList, to output: WireOutput) throws(WireError) {
        let arena = list.arena
        let entries = list.entries
        var last = 0..<0
        for position in entries.indices {
            let entry = entries[position]
            let range = Int(entry.nameStart)..<Int(entry.nameStart) + Int(entry.nameLength)
            let name = arena.span.extracting(range)
            let shared =
                position == 0
                ? Self.shared(lastName.span, name) : Self.shared(arena.span.extracting(last), name)
            let isFirst = position == 0 && lastName.isEmpty
            let head = head(entry, at: position, of: list, shared: shared, nameLength: range.count, isFirst: isFirst)
            try write(head, name, isDirectory: entry.isDirectory, to: output)
            last = range
            if let leader = head.leader, leader >= list.start {
                let original = entries[Int(leader - list.start)]
                carried.follow(
                    original,
                    accessed: list.attributes(of: original).accessed,
                    deviceMajor: format.sentMajor(original, of: list)
                )
            } else {
                try writeMetadata(entry, head, of: list, to: output)
            }
            if format.acls || format.extended { try writeListed(entry, of: list, to: output) }
        }
        if !last.isEmpty { lastName = Array(arena[last]) }
    }

    /// Ends a list, and writes the ID lists that follow a complete one.
    ///
    /// - Parameters:
    ///   - errorBits: The I/O errors that occurred while the list was built: 1 for a general error, 2 for a vanished
    ///     file.
    ///   - output: The stream to the receiver, multiplexed if there are errors.
    /// - Throws: ``WireError/transport(_:)`` when the stream could not be written.
    package mutating func encodeEnd(errorBits: Int32, to output: WireOutput) throws(WireError) {
        if format.usesVarintFlags {
            try output.byte(0)
            try output.varint(errorBits)
        } else if errorBits == 0 || format.dialect.endsListWithErrors {
            try output.byte(0)
        } else if format.hasSafeEnd {
            try output.uint16(UInt16(EntryBits.endWithErrors.rawValue))
            try output.varint(errorBits)
        } else {
            try output.message(.ioError, number: errorBits)
            try output.byte(0)
        }
        if format.hasIDLists {
            if format.owner || format.acls { try writeIDs(users, .user, to: output) }
            if format.group || format.acls { try writeIDs(userGroups, .group, to: output) }
        }
        if format.dialect.endsListWithErrors { try output.int32(errorBits) }
    }

    // MARK: decisions

    private mutating func head(
        _ entry: FileEntry,
        at position: Int,
        of list: FileList,
        shared: Int,
        nameLength: Int,
        isFirst: Bool
    ) -> Head {
        var head = Head(bits: [], shared: shared)
        if entry.isDirectory {
            if entry.flags.contains(.topDirectory) { head.bits.insert(.topDirectory) }
            if format.dialect.marksContents, !entry.flags.contains(.hasContents) { head.bits.insert(.noContents) }
        }
        if entry.mode == carried.mode { head.bits.insert(.sameMode) }
        if entry.modified == carried.modified { head.bits.insert(.sameTime) }
        if format.accessTimes, !entry.isDirectory, list.attributes(of: entry).accessed == carried.accessed {
            head.bits.insert(.sameAccessTime)
        }
        if shared > 0 { head.bits.insert(.sameName) }
        if nameLength - shared > 255 { head.bits.insert(.longName) }
        if format.dialect.listsNanoseconds, (1...999_999_999).contains(entry.nanoseconds) {
            head.bits.insert(.nanoseconds)
        }
        // The first entry of a session sends its IDs, so that their names can be sent with them.
        if !format.owner || entry.uid == carried.uid && !isFirst {
            head.bits.insert(.sameUser)
        } else if users.isNew(entry.uid), format.hasInlineNames, let name = name(.user, entry.uid) {
            head.bits.insert(.userName)
            head.userName = name
        }
        if !format.group || entry.gid == carried.gid && !isFirst {
            head.bits.insert(.sameGroup)
        } else if userGroups.isNew(entry.gid), format.hasInlineNames, let name = name(.group, entry.gid) {
            head.bits.insert(.groupName)
            head.groupName = name
        }
        if format.hasDeviceNumbers(entry) {
            head.bits.formUnion(
                carried.deviceBits(list.extra(of: entry).number, isSpecial: entry.isSpecial, format.dialect)
            )
        }
        if format.hardLinks, entry.flags.contains(.hardLinked), !entry.isDirectory, entry.extra >= 0 {
            markLink(list.extra(of: entry), at: list.start + Int32(position), &head)
        }
        return head
    }

    /// Sets the flags of a hard link.
    private mutating func markLink(_ extra: FileEntryExtra, at number: Int32, _ head: inout Head) {
        guard format.dialect.numbersLinkGroups else {
            guard format.dialect.hasLongEntryFlags else { return }
            head.bits.insert(.hardLinked)
            if extra.device == carried.linkDevice { head.bits.insert(.sameLinkDevice) }
            return
        }
        head.bits.insert(.hardLinked)
        head.leader = join(extra, at: number)
        if head.leader == nil { head.bits.insert(.firstLink) }
    }

    /// Finds the group of a hard link, or creates one; nil if the entry is its first member.
    private mutating func join(_ extra: FileEntryExtra, at number: Int32) -> Int32? {
        let inode = Inode(device: extra.device, number: extra.inode)
        if let leader = groups[inode] { return leader }
        groups[inode] = number
        return nil
    }

    /// The name of an ID; nil if it has none that fits the field.
    private func name(_ kind: IDKind, _ id: UInt32) -> [UInt8]? {
        guard let name = lookup(kind, id), (1...255).contains(name.count) else { return nil }
        return name
    }

    /// The length of the common prefix of two names in bytes, at most 255.
    private static func shared(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Int {
        let limit = min(255, one.count, other.count)
        var count = 0
        while count < limit, one[count] == other[count] { count += 1 }
        return count
    }

    // MARK: fields

    private func write(_ head: Head, _ name: Span<UInt8>, isDirectory: Bool, to output: WireOutput) throws(WireError) {
        var bits = head.bits.rawValue
        if format.usesVarintFlags {
            try output.varint(Int32(bits == 0 ? EntryBits.extended.rawValue : bits))
        } else if !format.dialect.hasLongEntryFlags {
            if bits == 0 { bits = (isDirectory ? EntryBits.longName : EntryBits.topDirectory).rawValue }
            try output.byte(UInt8(bits))
        } else {
            if bits == 0, !isDirectory { bits = EntryBits.topDirectory.rawValue }
            if bits == 0 || bits > 0xff {
                try output.uint16(UInt16(bits | EntryBits.extended.rawValue))
            } else {
                try output.byte(UInt8(bits))
            }
        }
        let suffix = name.extracting(droppingFirst: head.shared)
        if head.shared > 0 { try output.byte(UInt8(head.shared)) }
        if EntryBits(rawValue: bits).contains(.longName) {
            try output.varint30(Int32(suffix.count))
        } else {
            try output.byte(UInt8(suffix.count))
        }
        try output.bytes(suffix.rawBytes)
        if let leader = head.leader { try output.varint(leader) }
    }

    private mutating func writeMetadata(
        _ entry: FileEntry,
        _ head: Head,
        of list: FileList,
        to output: WireOutput
    ) throws(WireError) {
        try output.varlong30(entry.size, 3)
        if !head.bits.contains(.sameTime) { try writeTime(entry.modified, to: output) }
        if head.bits.contains(.nanoseconds) { try output.varint(Int32(entry.nanoseconds)) }
        if !head.bits.contains(.sameMode) { try output.int32(Int32(bitPattern: entry.mode)) }
        if format.accessTimes, !entry.isDirectory, !head.bits.contains(.sameAccessTime) {
            carried.accessed = list.attributes(of: entry).accessed
            try output.varlong(carried.accessed, 4)
        }
        if !head.bits.contains(.sameUser) { try writeID(entry.uid, head.userName, to: output) }
        if !head.bits.contains(.sameGroup) { try writeID(entry.gid, head.groupName, to: output) }
        carried.mode = entry.mode
        carried.modified = entry.modified
        carried.uid = entry.uid
        carried.gid = entry.gid
        if format.hasDeviceNumbers(entry) {
            var number = list.extra(of: entry).number
            if entry.isSpecial { number.minor = 0 }
            try carried.writeDevice(number, head.bits, format.dialect, to: output)
        }
        if format.links, entry.isSymbolicLink {
            let target = list.target(of: entry)
            try output.varint30(Int32(target.count))
            try output.bytes(target.span.rawBytes)
        }
        if format.hasInode(entry, head.bits) {
            let extra = list.extra(of: entry)
            try carried.writeInode(Inode(device: extra.device, number: extra.inode), head.bits, to: output)
        }
        if format.hasChecksum(entry) {
            guard entry.isRegular else { return try output.bytes([UInt8](repeating: 0, count: format.checksumLength)) }
            let start = Int(list.extra(of: entry).checksumStart)
            try output.bytes(list.arena[start..<start + format.checksumLength].span.rawBytes)
        }
    }

    private func writeTime(_ seconds: Int64, to output: WireOutput) throws(WireError) {
        guard !format.dialect.hasLongTimes else { return try output.varlong(seconds, 4) }
        try output.int32(Int32(truncatingIfNeeded: seconds))
    }

    /// Writes ACLs and extended attributes, which follow abbreviated hard links, too.
    private mutating func writeListed(
        _ entry: FileEntry,
        of list: FileList,
        to output: WireOutput
    ) throws(WireError) {
        let attributes = list.attributes(of: entry)
        if format.acls, !entry.isSymbolicLink {
            try metadata.write(accessList: attributes.accessList, to: output) { nameToSend(of: $0) }
            if entry.isDirectory {
                try metadata.write(defaultList: attributes.defaultList, to: output) { nameToSend(of: $0) }
            }
        }
        if format.extended { try metadata.write(set: attributes.extended, to: output) }
    }

    /// The name that is sent within an ACL, the first time that its ID is.
    private mutating func nameToSend(of named: AccessControlList.Named) -> [UInt8]? {
        let isNew = named.isUser ? users.isNew(named.id) : userGroups.isNew(named.id)
        return isNew && format.hasInlineNames ? name(named.isUser ? .user : .group, named.id) : nil
    }

    private func writeID(_ id: UInt32, _ name: [UInt8]?, to output: WireOutput) throws(WireError) {
        try output.varint30(Int32(bitPattern: id))
        if let name { try writeName(name, to: output) }
    }

    private func writeName(_ name: [UInt8], to output: WireOutput) throws(WireError) {
        try output.byte(UInt8(name.count))
        try output.bytes(name)
    }

    private func writeIDs(_ seen: SeenIDs, _ kind: IDKind, to output: WireOutput) throws(WireError) {
        for id in seen.order.reversed() where id != 0 {
            guard let name = name(kind, id) else { continue }
            try writeID(id, name, to: output)
        }
        try output.varint30(0)
        if format.namesIDZero { try writeName(name(kind, 0) ?? [], to: output) }
    }
}

/// The IDs that were sent, in the order of first appearance.
private struct SeenIDs {
    private(set) var order: [UInt32] = []
    private var known: Set<UInt32> = []

    /// Whether the ID was not seen before; marks it as seen.
    mutating func isNew(_ id: UInt32) -> Bool {
        guard known.insert(id).inserted else { return false }
        order.append(id)
        return true
    }
}

extension FileEntryExtra {
    fileprivate var number: DeviceNumber { DeviceNumber(major: deviceMajor, minor: deviceMinor) }
}
