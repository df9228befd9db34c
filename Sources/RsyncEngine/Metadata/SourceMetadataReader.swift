import FileMetadata
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Reads the attributes of source entries that only some sessions carry: access times, ACLs and extended attributes.
struct SourceMetadataReader {
    private let table: ListedMetadata
    private let keepsAccessTimes: Bool
    private let keepsLists: Bool
    private let names: AttributeNameRules?
    private let keepsValues: Bool

    /// - Parameters:
    ///   - state: Supplies the options and the table of ACLs and extended attributes.
    ///   - keepsValues: Whether long extended attributes are kept whole; otherwise by their digests.
    init(_ state: SessionState, keepsValues: Bool) {
        table = state.metadata
        keepsAccessTimes = state.options.attributes.accessTimes > 0
        keepsLists = state.options.attributes.acls
        names = state.attributeNames
        self.keepsValues = keepsValues
    }

    /// The attributes of an entry; without system calls in sessions that carry none of them.
    ///
    /// - Parameters:
    ///   - status: The entry's status.
    ///   - leaf: Its name; `.` for the directory itself.
    ///   - directory: Its directory.
    ///   - note: Gets the errors, with rsync's name for the step.
    /// - Returns: What is listed.
    func attributes(
        of status: FileStatus,
        leaf: Span<UInt8>,
        in directory: VolumeDirectory,
        _ note: (VolumeError, String) -> Void
    ) -> EntryAttributes {
        var attributes = EntryAttributes()
        if keepsAccessTimes, !status.isDirectory { attributes.accessed = status.accessed.seconds }
        guard keepsLists || names != nil else { return attributes }
        do throws(VolumeError) {
            let isItself = leaf.count == 1 && leaf[0] == UInt8(ascii: ".")
            let isWanted = { (name: [UInt8]) in names?.listedName(of: name) != nil }
            let lists = keepsLists && !status.isSymbolicLink
            let held =
                isItself
                ? try directory.heldAttributes(of: nil, lists: lists, where: isWanted)
                : try directory.heldAttributes(of: leaf, lists: lists, where: isWanted)
            for failure in held.failures { note(failure, failure.operation ?? "lgetxattr") }
            let access = held.accessList?.stripped(of: status.permissions) ?? AccessControlList()
            attributes.accessList = table.number(ofAccessList: access)
            attributes.defaultList = table.number(ofDefaultList: held.defaultList)
            attributes.extended = table.number(of: listed(held.extended))
        } catch {
            note(error, error.operation ?? "llistxattr")
        }
        return attributes
    }

    private func listed(_ held: [(name: [UInt8], value: [UInt8])]) -> [ExtendedAttribute] {
        guard let names, !held.isEmpty else { return [] }
        return held.compactMap { attribute -> ExtendedAttribute? in
            guard let name = names.listedName(of: attribute.name) else { return nil }
            if keepsValues || attribute.value.count <= ExtendedAttribute.longestListed {
                return ExtendedAttribute(name: name, value: attribute.value)
            }
            let digest = AttributeDigest.of(attribute.value)
            return ExtendedAttribute(name: name, length: attribute.value.count, digest: digest)
        }
        .sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }
}
