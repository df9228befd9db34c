import FileMetadata

/// Reads ACLs and extended attributes of file-list entries (protocol specification, transfer 7, 8.1, and 19.1, F25 and
/// F26); one reader is used for all lists of a session.
final class ListedMetadataReader {
    private static let entryLimit = 65_536
    private static let nameLimit = 4096
    private static let valueLimit = 128 << 20
    private static let setLimit = 512 << 20

    /// What the numbers on the wire stand for: numbers of the table, -1 for nothing.
    private var accessLists: [Int32] = []
    private var defaultLists: [Int32] = []
    private var sets: [Int32] = []
    private let table: ListedMetadata

    init(into table: ListedMetadata) { self.table = table }

    /// The memory of the numbers in bytes.
    var footprint: Int { (accessLists.count + defaultLists.count + sets.count) * MemoryLayout<Int32>.stride }

    // MARK: ACLs

    /// Reads an access ACL; `readName` is called for an ID whose name follows.
    func accessList(
        from input: WireInput,
        readName: (AccessControlList.Named) throws(WireError) -> Void
    ) throws(WireError) -> Int32 {
        if let known = try reference(accessLists, from: input, "an access ACL") { return known }
        let list = try list(from: input, readName)
        accessLists.append(list.isEmpty ? -1 : table.append(accessList: list))
        return accessLists[accessLists.count - 1]
    }

    /// Reads a directory's default ACL.
    func defaultList(
        from input: WireInput,
        readName: (AccessControlList.Named) throws(WireError) -> Void
    ) throws(WireError) -> Int32 {
        if let known = try reference(defaultLists, from: input, "a default ACL") { return known }
        let list = try list(from: input, readName).withMask
        defaultLists.append(list.owner == nil ? -1 : table.append(defaultList: list))
        return defaultLists[defaultLists.count - 1]
    }

    /// Reads the number of an earlier item; nil when a literal follows.
    private func reference(
        _ known: [Int32],
        from input: WireInput,
        _ field: StaticString
    ) throws(WireError) -> Int32? {
        let number = try input.varint(field)
        if number == 0 { return nil }
        guard number > 0, Int(number) <= known.count else {
            throw .malformed("\(field) refers to number \(number), but \(known.count) have come")
        }
        return known[Int(number) - 1]
    }

    private func list(
        from input: WireInput,
        _ readName: (AccessControlList.Named) throws(WireError) -> Void
    ) throws(WireError) -> AccessControlList {
        let flags = try input.byte("the flags of an ACL")
        var list = AccessControlList()
        if flags & 1 != 0 { list.owner = try permissions(from: input) }
        if flags & 2 != 0 { list.group = try permissions(from: input) }
        if flags & 4 != 0 { list.mask = try permissions(from: input) }
        if flags & 8 != 0 { list.others = try permissions(from: input) }
        guard flags & 16 != 0 else { return list }
        let count = try input.varint("the number of named entries of an ACL")
        guard (0...Int32(Self.entryLimit)).contains(count) else {
            throw .incompatible("an ACL with \(count) named entries")
        }
        for _ in 0..<count {
            let id = UInt32(bitPattern: try input.varint("an id in an ACL"))
            let word = try input.varint("the permissions of an id in an ACL")
            guard word >= 0, word >> 2 <= 7 else { throw .malformed("invalid permissions in an ACL: \(word)") }
            let named = AccessControlList.Named(isUser: word & 2 != 0, id: id, permissions: UInt8(word >> 2))
            if word & 1 != 0 { try readName(named) }
            list.named.append(named)
        }
        return list.sorted
    }

    private func permissions(from input: WireInput) throws(WireError) -> UInt8 {
        let bits = try input.varint("permissions in an ACL")
        guard (0...7).contains(bits) else { throw .malformed("invalid permissions in an ACL: \(bits)") }
        return UInt8(bits)
    }

    // MARK: extended attributes

    /// Reads a set of extended attributes, which may take `space` bytes of memory.
    func set(from input: WireInput, space: Int) throws(WireError) -> Int32 {
        if let known = try reference(sets, from: input, "a set of extended attributes") { return known }
        let count = try input.varint("the number of extended attributes")
        guard (0...Int32(Self.entryLimit)).contains(count) else {
            throw .incompatible("a set of \(count) extended attributes")
        }
        var attributes: [ExtendedAttribute] = []
        var (total, taken) = (0, 0)
        for _ in 0..<count {
            let attribute = try attribute(from: input)
            total += attribute.name.count + attribute.length
            taken += MemoryLayout<ExtendedAttribute>.stride + attribute.name.count + ExtendedAttribute.longestListed
            guard total <= Self.setLimit else {
                throw .incompatible("a set of extended attributes of more than \(Self.setLimit) bytes")
            }
            guard taken <= space else { throw FileListDecoder.tooLarge }
            attributes.append(attribute)
        }
        sets.append(attributes.isEmpty ? -1 : table.append(ExtendedAttributeSet(attributes)))
        return sets[sets.count - 1]
    }

    private func attribute(from input: WireInput) throws(WireError) -> ExtendedAttribute {
        let nameLength = try input.varint("the length of an attribute's name")
        let length = Int(try input.varint("the length of an attribute's value"))
        guard (0...Int32(Self.nameLimit)).contains(nameLength) else {
            throw .incompatible("an extended attribute with a name of \(nameLength) bytes")
        }
        guard (0...Self.valueLimit).contains(length) else {
            throw .incompatible("an extended attribute of \(length) bytes")
        }
        var name = try input.bytes(Int(nameLength), "an attribute's name")
        guard name.popLast() == 0, !name.isEmpty, !name.contains(0) else {
            throw .violation("an extended attribute without a name", exitCode: 11)
        }
        if length > ExtendedAttribute.longestListed {
            let digest = try input.bytes(AttributeValues.digestLength, "the digest of an attribute's value")
            return ExtendedAttribute(name: name, length: length, digest: digest)
        }
        return ExtendedAttribute(name: name, value: try input.bytes(length, "an attribute's value"))
    }
}
