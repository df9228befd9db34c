import FileMetadata
import RsyncWire
import VolumeAccess

/// The ACLs and extended attributes of a candidate: as listed, and how they compare with the existing entry's.
struct CandidateMetadata {
    /// The listed access ACL without what the mode says.
    var accessList = AccessControlList()
    /// A directory's listed default ACL; nil for none.
    var defaultList: AccessControlList?
    /// The listed extended attributes.
    var extended = ExtendedAttributeSet.empty
    /// How the ACLs compare; unread when nothing of the entry's type is there, or they are not preserved.
    var lists = Candidate.Content.unread
    /// How the extended attributes compare.
    var attributes = Candidate.Content.unread
    /// The places of long values in ``extended`` that the existing entry does not have.
    var lacking: [Int] = []

    /// What the list says about an entry.
    init(_ listed: EntryAttributes, in table: ListedMetadata) {
        accessList = table.accessList(listed.accessList)
        defaultList = table.defaultList(listed.defaultList)
        extended = table.set(listed.extended)
    }

    /// Nothing is listed.
    init() {}

    /// Compares the ACLs (protocol specification, transfer 7).
    ///
    /// - Parameters:
    ///   - held: What the existing entry has.
    ///   - permissions: The permissions that it has.
    mutating func compare(listsOf held: HeldAttributes, permissions: UInt32) {
        let wanted = accessList.completed(with: permissions)
        let isSame =
            if let wanted, let current = held.accessList { wanted.hasSameExtension(as: current) } else {
                wanted == nil && held.accessList == nil
            }
        lists = isSame && defaultList == held.defaultList ? .same : .differs
    }

    /// Compares the extended attributes, long values by their digests (protocol specification, transfer 8.2).
    ///
    /// - Parameters:
    ///   - held: What the existing entry has; nil for a new one.
    ///   - rules: Which attributes are preserved.
    mutating func compare(attributesOf held: HeldAttributes?, _ rules: AttributeNameRules) {
        // Both are usually in ascending order of their names; the rest of those that are not is looked up in a table.
        var current = (held?.extended ?? [])[...]
        var others: [[UInt8]: [UInt8]]?
        func take(_ name: [UInt8]) -> [UInt8]? {
            if others == nil, current.first?.name == name { return current.removeFirst().value }
            if others == nil { others = Dictionary(current.map { ($0.name, $0.value) }) { first, _ in first } }
            return others?.removeValue(forKey: name)
        }
        var isSame = true
        for (place, attribute) in extended.attributes.enumerated() {
            guard let name = rules.localName(of: attribute.name) else { continue }
            let value = take(name)
            if let wanted = attribute.value {
                if value != wanted { isSame = false }
            } else if value?.count != attribute.length || value.map(AttributeDigest.of) != attribute.digest {
                isSame = false
                lacking.append(place)
            }
        }
        guard held != nil else { return }
        attributes = isSame && (others?.isEmpty ?? current.isEmpty) ? .same : .differs
    }
}
