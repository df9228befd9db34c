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
        candidate.inheritedPermissions = inheritedPermissions(in: candidate)
        guard rules.keepsLists || rules.attributeNames != nil else { return }
        let entry = candidate.entry
        var metadata = CandidateMetadata(candidate.listed, in: state.metadata)
        defer { candidate.metadata = metadata }
        let current = candidate.current.flatMap { $0.mode & 0o170000 == entry.type ? $0 : nil }
        guard let current, let directory = candidate.directory else {
            if let names = rules.attributeNames { metadata.compare(attributesOf: nil, names) }
            return
        }
        let hasLists = rules.keepsLists && !entry.isSymbolicLink
        let names = rules.attributeNames
        let reading = AttributeReading(lists: hasLists) { names?.isRemovable($0) ?? false }
        let leaf = candidate.leaf
        let held =
            candidate.isRoot
            ? try directory.heldAttributes(of: nil, reading) : try directory.heldAttributes(of: leaf.span, reading)
        context.report(held.failures)
        if hasLists { metadata.compare(listsOf: held, permissions: current.permissions) }
        if let names = rules.attributeNames { metadata.compare(attributesOf: held, names) }
    }

    /// The permissions that the default ACL of an entry's parent directory allows (protocol specification, transfer
    /// 14.7); read once for consecutive siblings.
    private func inheritedPermissions(in candidate: Candidate) -> UInt32? {
        guard !rules.keepsPermissions, !candidate.isRoot, let directory = candidate.directory else { return nil }
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
                return context.report(try context.destination.volume.root.setAttributes(attributes))
            }
            let directory = try context.directories.directory(PathParts(awaited.name).parent.span)
            context.report(try directory.setAttributes(leaf.span, attributes))
        } catch {
            context.report(error, "set_file_attrs")
        }
    }
}
