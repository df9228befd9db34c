import FileMetadata
import LinuxSystem
import RsyncWire
import VolumeAccess

/// Extended attributes that are set once the sender has sent their values.
struct AwaitedAttributes {
    /// The entry's name in the transfer.
    let name: [UInt8]
    /// The last component that it has at the destination; nil for the root.
    let leaf: [UInt8]?
    let change: ExtendedAttributesChange
}

extension Generator {
    /// Looks up the ACLs and extended attributes of an entry, and compares them with those of what is at its name.
    ///
    /// Costs no system call per entry in sessions without `-A` and `-X`.
    func readMetadata(of candidate: inout Candidate) throws(VolumeError) {
        if !rules.keepsPermissions { candidate.inheritedPermissions = inheritedPermissions(in: candidate) }
        guard rules.keepsLists || rules.attributeNames != nil else { return }
        candidate.metadata = try metadata(
            of: candidate,
            comparedWith: candidate.isRoot ? nil : candidate.leaf,
            candidate.current,
            in: candidate.directory
        )
    }

    /// Compares the ACLs and extended attributes of an entry with those of what exists somewhere.
    ///
    /// - Parameters:
    ///   - candidate: The entry.
    ///   - leaf: The name of what exists; nil for the directory itself.
    ///   - current: Its status; nil if there is nothing.
    ///   - directory: Its directory.
    /// - Returns: The result; nil in sessions without `-A` and `-X`.
    /// - Throws: ``VolumeError`` when the names of attributes cannot be listed.
    func metadata(
        of candidate: Candidate,
        comparedWith leaf: ArraySlice<UInt8>?,
        _ current: FileStatus?,
        in directory: VolumeDirectory?
    ) throws(VolumeError) -> CandidateMetadata? {
        guard rules.keepsLists || rules.attributeNames != nil else { return nil }
        let (entry, names) = (candidate.entry, rules.attributeNames)
        var metadata = CandidateMetadata(candidate.listed, in: state.metadata)
        guard let current, current.isSameType(as: entry), let directory else {
            if let names { metadata.compare(attributesOf: nil, names) }
            return metadata
        }
        let hasLists = rules.keepsLists && !entry.isSymbolicLink
        let reading = AttributeReading(lists: hasLists) { names?.isRemovable($0) ?? false }
        let held =
            if let leaf { try directory.heldAttributes(of: leaf.span, reading) } else {
                try directory.heldAttributes(of: nil, reading)
            }
        context.report(held.failures)
        if hasLists { metadata.compare(listsOf: held, permissions: current.permissions) }
        if let names { metadata.compare(attributesOf: held, names) }
        return metadata
    }

    /// The permissions that the default ACL of an entry's parent directory allows (protocol specification, transfer
    /// 14.7), where permissions are not kept; read once for consecutive siblings.
    private func inheritedPermissions(in candidate: Candidate) -> UInt32? {
        guard !candidate.isRoot, let directory = candidate.directory else { return nil }
        if let known = inheritance, known.directory === directory { return known.permissions }
        let list = directory.extendedAttribute(AccessControlList.defaultName, of: nil).flatMap {
            AccessControlList(kernel: $0)
        }
        inheritance = (directory, list?.permissions)
        return list?.permissions
    }

    /// Takes extended attributes out of a decision whose values have still to come from the sender.
    ///
    /// - Returns: What has to be set when they have come; nil for nothing.
    func withholdAttributes(of candidate: Candidate, from decision: inout Decision) -> ExtendedAttributesChange? {
        guard let metadata = candidate.metadata, !metadata.lacking.isEmpty, state.execution.bringsContent,
            let change = decision.extendedAttributes, !change.attributes.knows(metadata.lacking)
        else { return nil }
        decision.withholdExtendedAttributes()
        return change
    }

    /// Registers attributes whose values are about to be requested; the list is not ended before they have come.
    func awaitValues(of candidate: Candidate, _ change: ExtendedAttributesChange) {
        awaitedAttributes[candidate.index] = AwaitedAttributes(
            name: Array(candidate.name),
            leaf: candidate.isRoot ? nil : Array(candidate.leaf),
            change: change
        )
        context.requester.awaitValues(of: candidate.index)
        track(candidate.index)
    }

    /// The sender has answered an item: sets the attributes that waited for it.
    func valuesArrived(_ index: Int32) {
        guard let awaited = awaitedAttributes.removeValue(forKey: index) else { return }
        defer { tracker(finished: index) }
        let attributes = FileAttributes(extended: awaited.change)
        do throws(VolumeError) {
            guard let leaf = awaited.leaf else {
                return context.report(try destination.volume.root.setAttributes(attributes))
            }
            let directory = try context.directories.directory(PathParts(awaited.name).parent.span)
            context.report(try directory.setAttributes(leaf.span, attributes))
        } catch {
            context.report(error, "set_file_attrs")
        }
    }
}
