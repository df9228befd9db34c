import FileMetadata

/// Writes ACLs and extended attributes of file-list entries (protocol specification, transfer 7 and 8.1); one writer is
/// used for all lists of a session.
final class ListedMetadataWriter {
    private var accessLists = SentNumbers()
    private var defaultLists = SentNumbers()
    private var sets = SentNumbers()
    private let table: ListedMetadata

    init(from table: ListedMetadata) { self.table = table }

    /// Writes an access ACL; `name` gives the name to send with an ID.
    func write(
        accessList number: Int32,
        to output: WireOutput,
        name: (AccessControlList.Named) -> [UInt8]?
    ) throws(WireError) {
        if let sent = accessLists.take(number) { return try output.varint(sent + 1) }
        try output.varint(0)
        try write(table.accessList(number), to: output, name)
    }

    /// Writes a directory's default ACL.
    func write(
        defaultList number: Int32,
        to output: WireOutput,
        name: (AccessControlList.Named) -> [UInt8]?
    ) throws(WireError) {
        if let sent = defaultLists.take(number) { return try output.varint(sent + 1) }
        try output.varint(0)
        try write(table.defaultList(number) ?? AccessControlList(), to: output, name)
    }

    private func write(
        _ list: AccessControlList,
        to output: WireOutput,
        _ name: (AccessControlList.Named) -> [UInt8]?
    ) throws(WireError) {
        let parts = [list.owner, list.group, list.mask, list.others]
        var flags: UInt8 = list.named.isEmpty ? 0 : 16
        for (index, part) in parts.enumerated() where part != nil { flags |= 1 << UInt8(index) }
        try output.byte(flags)
        for part in parts { if let part { try output.varint(Int32(part)) } }
        guard !list.named.isEmpty else { return }
        try output.varint(Int32(list.named.count))
        for named in list.named {
            let name = name(named)
            try output.varint(Int32(bitPattern: named.id))
            try output.varint(Int32(named.permissions) << 2 | (named.isUser ? 2 : 0) | (name == nil ? 0 : 1))
            guard let name else { continue }
            try output.byte(UInt8(name.count))
            try output.bytes(name)
        }
    }

    /// Writes the extended attributes of an entry.
    func write(set number: Int32, to output: WireOutput) throws(WireError) {
        if let sent = sets.take(number) { return try output.varint(sent + 1) }
        try output.varint(0)
        let attributes = table.set(number).attributes
        try output.varint(Int32(attributes.count))
        for attribute in attributes {
            try output.varint(Int32(attribute.name.count + 1))
            try output.varint(Int32(attribute.length))
            try output.bytes(attribute.name + [0])
            try output.bytes(attribute.digest.isEmpty ? attribute.value ?? [] : attribute.digest)
        }
    }
}

/// The numbers under which a sender has sent items of one kind.
private struct SentNumbers {
    private var numbers: [Int32] = []
    /// The number of the item that stands for nothing.
    private var ofNothing: Int32 = -1
    private var next: Int32 = 0

    /// The number of an item that was sent; nil if it has to be sent now, which gives it the next number.
    ///
    /// `item` is its number in the table, -1 for nothing.
    mutating func take(_ item: Int32) -> Int32? {
        if item < 0 {
            if ofNothing >= 0 { return ofNothing }
            ofNothing = next
        } else {
            while numbers.count <= Int(item) { numbers.append(-1) }
            if numbers[Int(item)] >= 0 { return numbers[Int(item)] }
            numbers[Int(item)] = next
        }
        next += 1
        return nil
    }
}
