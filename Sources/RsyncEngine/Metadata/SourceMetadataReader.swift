import FileMetadata
import Glibc
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Reads the attributes of source entries that only some sessions carry: access times, ACLs and extended attributes.
struct SourceMetadataReader {
    private let state: SessionState
    private let table: SourceTable
    private let keepsAccessTimes: Bool
    private let keepsLists: Bool
    private let names: AttributeNameRules?
    private let keepsValues: Bool

    /// - Parameters:
    ///   - state: Supplies the options and the table of ACLs and extended attributes, and reports.
    ///   - table: The sources' roots, for messages.
    ///   - keepsValues: Whether long extended attributes are kept whole; otherwise by their digests.
    init(_ state: SessionState, _ table: SourceTable, keepsValues: Bool) {
        (self.state, self.table) = (state, table)
        keepsAccessTimes = state.options.attributes.accessTimes > 0
        keepsLists = state.options.attributes.acls
        names = state.attributeNames
        self.keepsValues = keepsValues
    }

    /// Whether the session carries any of them; if not, entries cost no system call.
    var isWanted: Bool { keepsAccessTimes || keepsLists || names != nil }

    /// The attributes of an entry.
    ///
    /// - Parameters:
    ///   - status: The entry's status.
    ///   - permissions: The permissions that are listed for it.
    ///   - source: The number of its source's root.
    ///   - read: Reads its ACLs and extended attributes; only called if the session carries them.
    /// - Returns: What is listed; errors have been reported.
    func attributes(
        of status: FileStatus,
        listing permissions: UInt32,
        below source: UInt16,
        reading read: (AttributeReading) throws(VolumeError) -> HeldAttributes
    ) -> EntryAttributes {
        var attributes = EntryAttributes()
        if keepsAccessTimes, !status.isDirectory { attributes.accessed = status.accessed.seconds }
        guard keepsLists || names != nil else { return attributes }
        do throws(VolumeError) {
            let names = names
            let held = try read(
                AttributeReading(lists: keepsLists && !status.isSymbolicLink) { name in
                    names?.listedName(of: name) != nil
                }
            )
            for failure in held.failures { note(failure, source) }
            let access = held.accessList?.stripped(of: permissions) ?? AccessControlList()
            attributes.accessList = state.metadata.number(ofAccessList: access)
            attributes.defaultList = state.metadata.number(ofDefaultList: held.defaultList)
            attributes.extended = state.metadata.number(of: listed(held.extended))
        } catch {
            note(error, source)
        }
        return attributes
    }

    private func note(_ error: VolumeError, _ source: UInt16) {
        // It vanished after its status was read; what became of it shows later.
        guard !error.isMissing else { return }
        state.add(.general)
        let operation = error.operation ?? "llistxattr"
        state.report(state.describe(operation, error, below: table.root(source)), .errorTransfer)
    }

    private func listed(_ held: [(name: [UInt8], value: [UInt8])]) -> [ExtendedAttribute] {
        guard let names, !held.isEmpty else { return [] }
        var listed = held.compactMap { attribute -> ExtendedAttribute? in
            guard let name = names.listedName(of: attribute.name) else { return nil }
            if keepsValues || attribute.value.count <= ExtendedAttribute.longestListed {
                return ExtendedAttribute(name: name, value: attribute.value)
            }
            let digest = AttributeDigest.of(attribute.value)
            return ExtendedAttribute(name: name, length: attribute.value.count, digest: digest)
        }
        // Names that `--fake-super` stores have another order than those that are listed.
        listed.sort { $0.name.lexicographicallyPrecedes($1.name) }
        return listed
    }
}
