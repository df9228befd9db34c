import LinuxSystem
import ProcessSupport
import VolumeAccess

extension Comparison {
    /// Whether the target may write at all, and whether what it writes is its own.
    mutating func compareAccess() {
        if let writer = target.writer, writer.isWritable == false {
            let cure = writer.cure(fileSystem: target.space.type, isForWriting: true)
            refuse("the target, \(writer.text), may not write to the volume: \(cure)", .access)
        }
        guard let owner = target.abilities.squashedOwner else { return }
        let user = target.writer.map { "user \($0.user)" } ?? "its user"
        let server =
            target.space.type.hasPrefix("nfs")
            ? "an NFS server with root_squash or all_squash" : "a file system that maps users"
        warn(
            "what the target makes as \(user) belongs to user \(owner) (\(server)), and owners cannot be kept: run it as the user that owns the files, "
                + "with their group in supplementalGroups; an NFS server with manage-gids ignores these: manage-gids=n in its nfs.conf"
        )
    }

    /// Owners and groups of entries, and the attributes of the top directory.
    mutating func compareOwners(_ tree: TreeFacts) {
        guard let writer = target.writer else {
            if target.abilities.changesOwner == false, tree.highestOwner > 0 {
                warn("the target cannot set the owners of files")
            }
            return
        }
        if target.ownsTop == false {
            let cure = target.abilities.squashedOwner == nil ? "give it the capability FOWNER, or " : ""
            warn(
                "times and mode of the volume's top directory, which belongs to user \(writer.topOwner), cannot be set by user \(writer.user): "
                    + "\(cure)run it as user \(writer.topOwner) (accepted: top-directory-attributes)",
                .topDirectory
            )
        }
        guard target.abilities.changesOwner == false, target.abilities.squashedOwner == nil else { return }
        let isFileSystem = writer.has(.chown)
        let owners = tree.owners.outside(of: [writer.user])
        if !owners.isEmpty || tree.owners.hasMore {
            let sole =
                owners.count == 1 && tree.owners.outside(of: []).count == 1 ? ", or run it as user \(owners[0])" : ""
            let cure = isFileSystem ? "the file system does not keep them" : "give it the capability CHOWN\(sole)"
            warn(
                "the target, user \(writer.user), cannot set the owners of files (\(tree.owners.text(owners))): \(cure)"
            )
        }
        let groups = tree.groups.outside(of: writer.groups)
        if !groups.isEmpty || tree.groups.hasMore {
            let cure =
                isFileSystem
                ? "the file system does not keep them"
                : "add them to supplementalGroups of its pod, or make it the fsGroup if it is one, or give it the capability CHOWN"
            warn("the target, \(writer.text), cannot set the groups of files (\(tree.groups.text(groups))): \(cure)")
        }
    }

    /// Extended attributes that only some may set.
    mutating func compareAttributes(_ attributes: AttributeFacts) {
        guard let writer = target.writer else { return }
        if attributes.trusted > 0, !writer.has(.administer) {
            let count = counted(attributes.trusted, "entry", plural: "entries")
            warn("trusted extended attributes of \(count) cannot be set without the capability SYS_ADMIN at the target")
        }
        if attributes.capabilities > 0, !writer.has(.setFileCapabilities) {
            let count = counted(attributes.capabilities, "file")
            warn("capabilities of \(count) cannot be set without the capability SETFCAP at the target")
        }
    }
}
