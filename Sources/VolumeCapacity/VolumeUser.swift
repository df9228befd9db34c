import Glibc
import LinuxSystem
package import ProcessSupport
package import VolumeAccess

/// As whom a process uses a volume, and whose the volume's top directory is.
package struct VolumeUser: Hashable, Sendable {
    /// The process's user.
    package var user: Int64
    /// All its groups.
    package var groups: [Int64]
    /// The names of its capabilities that concern files.
    package var capabilities: [String]
    /// The owner of the top directory.
    package var topOwner: Int64
    /// The group of the top directory.
    package var topGroup: Int64
    /// The permissions of the top directory, 0 to 0o7777.
    package var topPermissions: Int64
    /// Whether entries can be made in the top directory; nil if that is not known.
    package var isWritable: Bool?

    /// Names the figures.
    package init(
        user: Int64,
        groups: [Int64],
        capabilities: [String],
        topOwner: Int64,
        topGroup: Int64,
        topPermissions: Int64
    ) {
        self.user = user
        self.groups = groups
        self.capabilities = capabilities
        self.topOwner = topOwner
        self.topGroup = topGroup
        self.topPermissions = topPermissions
    }

    /// This process, and a top directory that may be closed to it.
    ///
    /// - Parameter status: The status of the directory.
    package init(ofTop status: FileStatus) {
        self.init(
            user: Int64(geteuid()),
            groups: SupplementalGroups.current().map(Int64.init),
            capabilities: Capability.held.map(\.name),
            topOwner: Int64(status.owner),
            topGroup: Int64(status.group),
            topPermissions: Int64(status.permissions)
        )
    }

    /// Whether it has a capability.
    package func has(_ capability: Capability) -> Bool { capabilities.contains(capability.name) }

    /// Such as `user 1000 in the groups 1000, 5555`.
    package var text: String {
        "user \(user) in \(groups.count == 1 ? "group" : "the groups") \(groups.map(String.init).joined(separator: ", "))"
    }

    /// Whether it owns the top directory, or may act as if it did.
    package var ownsTop: Bool { user == topOwner || has(.actAsOwner) }

    /// Whether the permissions of the top directory let it list the entries and reach them.
    package var mayOpen: Bool {
        if has(.overrideAccess) || has(.readAll) { return true }
        let shift: Int64 = user == topOwner ? 6 : groups.contains(topGroup) ? 3 : 0
        return topPermissions >> shift & 0o5 == 0o5
    }

    /// What would open the top directory to it.
    ///
    /// - Parameters:
    ///   - fileSystem: The type of the file system.
    ///   - isForWriting: Whether entries are to be made there.
    /// - Returns: Clauses: whose the directory is, then what to do.
    package func cure(fileSystem: String, isForWriting: Bool) -> String {
        let bits: Int64 = isForWriting ? 0o030 : 0o050
        let mode = "0" + String(topPermissions, radix: 8)
        var text = "the directory belongs to \(topOwner):\(topGroup) with mode \(mode)"
        if topPermissions & bits != bits {
            text += "; run as user \(topOwner) (runAsUser), or give the group the right to it"
        } else if groups.contains(topGroup) {
            text += "; it is closed although this process is in group \(topGroup)"
        } else if user == 0 {
            text +=
                "; root has no rights there (root_squash): add \(topGroup) to supplementalGroups of the pod, and run it as a user other than 0"
        } else {
            text += "; add \(topGroup) to supplementalGroups of the pod's securityContext, or make it the fsGroup"
        }
        guard fileSystem.hasPrefix("nfs") else { return text }
        return text + "; an NFS server with manage-gids, Debian's default, ignores the groups of the pod: "
            + "set manage-gids=n in its nfs.conf, or let it know the user's groups"
    }
}
