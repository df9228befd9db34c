import CLinux
import FileMetadata
import Glibc
import LinuxSystem

/// The metadata to set on an entry; nil leaves a value unchanged.
package struct FileAttributes: Hashable, Sendable {
    /// The owner's user ID.
    package var owner: UInt32?
    /// The group ID.
    package var group: UInt32?
    /// The permission bits with setuid, setgid and sticky, at most 07777; not for symbolic links.
    package var permissions: UInt32?
    /// The modification time.
    package var modified: Timestamp?
    /// The access time.
    package var accessed: Timestamp?
    /// The access ACL, whole and consistent with ``permissions``; not for symbolic links.
    package var accessList: AccessListChange?
    /// A directory's default ACL.
    package var defaultList: AccessListChange?
    /// The extended attributes.
    package var extended: ExtendedAttributesChange?

    /// Whether some are kept in extended attributes, as all are with `--fake-super`.
    func needStore(_ features: VolumeFeatures) -> Bool {
        extended != nil || accessList != nil || defaultList != nil || features.simulatesPrivileges
    }

    /// Whether there are none.
    package var isEmpty: Bool {
        owner == nil && group == nil && permissions == nil && modified == nil && accessed == nil && accessList == nil
            && defaultList == nil && extended == nil
    }

    /// Creates an empty set.
    package init() {}

    /// Creates a set of attributes.
    package init(
        owner: UInt32? = nil,
        group: UInt32? = nil,
        permissions: UInt32? = nil,
        modified: Timestamp? = nil,
        accessed: Timestamp? = nil,
        extended: ExtendedAttributesChange? = nil
    ) {
        self.owner = owner
        self.group = group
        self.permissions = permissions
        self.modified = modified
        self.accessed = accessed
        self.extended = extended
    }
}

/// The entry that attributes are set on, in the form that the system calls require.
///
/// A leaf is identified by its directory's descriptor and its name; an open file by its descriptor alone.
struct AttributeTarget {
    let descriptor: Int32
    let name: CPath?
    let path: () -> [UInt8]
    let features: VolumeFeatures
    /// Its extended attributes; nil if nothing is kept there.
    var store: AttributeStore?
    /// Those of the entry that it replaces.
    var previousStore: AttributeStore?

    /// Sets the attributes that differ: first owner and group, because changing them clears setuid, setgid and
    /// capabilities; then extended attributes, times, ACLs and permissions (protocol specification, transfer 15).
    ///
    /// - Parameters:
    ///   - wanted: The attributes to set.
    ///   - current: The entry's current status.
    /// - Returns: The failures. A failed change of owner leaves setuid and setgid unset: the program would run as the
    ///   wrong user.
    func apply(_ wanted: FileAttributes, current: FileStatus) -> [VolumeError] {
        if features.simulatesPrivileges { return applySimulated(wanted) }
        var failures: [VolumeError] = []
        var permissions = wanted.permissions
        // Whether the permissions have been changed on the way.
        var areDisturbed = false
        let owner = wanted.owner.flatMap { $0 == current.owner ? nil : $0 }
        let group = wanted.group.flatMap { $0 == current.group ? nil : $0 }
        if owner != nil || group != nil {
            let result = changeOwner(owner ?? .max, group ?? .max)
            areDisturbed = result == 0 && current.permissions & 0o6000 != 0
            if result < 0 {
                let operation = owner == nil ? "chgrp" : "chown"
                failures.append(.system(operation: operation, path: path(), number: Int32(-result)))
                permissions = permissions.map { $0 & 0o1777 }
            }
        }
        if let extended = wanted.extended {
            failures += apply(extended, current, &areDisturbed)
            if areDisturbed { permissions = permissions ?? current.permissions }
        }
        failures += applyTimes(wanted, current: current)
        failures += applyLists(wanted)
        guard let permissions, !current.isSymbolicLink else { return failures }
        if areDisturbed || permissions != current.permissions {
            let result = changePermissions(permissions)
            if result < 0 { failures.append(.system(operation: "chmod", path: path(), number: Int32(-result))) }
        }
        return failures
    }

    /// Sets the extended attributes; the owner of a file that is not writable has to make it so first.
    private func apply(
        _ change: ExtendedAttributesChange,
        _ current: FileStatus,
        _ areDisturbed: inout Bool
    ) -> [VolumeError] {
        guard let store else { return [] }
        var failed = store.apply(change, previous: previousStore)
        if failed.contains(where: { $0.number == EACCES }), !current.isSymbolicLink, current.permissions & 0o200 == 0,
            changePermissions(current.permissions | 0o200) == 0
        {
            areDisturbed = true
            failed = store.apply(change, previous: previousStore)
        }
        return failed.map { failure in
            let name = String(decoding: failure.name, as: UTF8.self)
            return .system(operation: "lsetxattr \(name) of", path: path(), number: failure.number)
        }
    }

    /// Sets the times that differ.
    func applyTimes(_ wanted: FileAttributes, current: FileStatus) -> [VolumeError] {
        let modified = wanted.modified.flatMap { $0 == current.modified ? nil : $0 }
        let accessed = wanted.accessed.flatMap { $0 == current.accessed ? nil : $0 }
        guard modified != nil || accessed != nil else { return [] }
        let result = changeTimes(modified, accessed)
        return result < 0 ? [.system(operation: "utimensat", path: path(), number: Int32(-result))] : []
    }

    /// Sets the ACLs.
    ///
    /// - Returns: The failures; a file system without ACLs is none where none are wanted.
    private func applyLists(_ wanted: FileAttributes) -> [VolumeError] {
        guard wanted.accessList != nil || wanted.defaultList != nil, let store else { return [] }
        let changes = [
            (wanted.accessList, AccessControlList.accessName), (wanted.defaultList, AccessControlList.defaultName),
        ]
        return changes.compactMap { change, name in
            guard let change else { return nil }
            let result = store.set(change, as: name)
            return result < 0 ? .system(operation: "set_acl", path: path(), number: Int32(-result)) : nil
        }
    }

    private func changeOwner(_ owner: UInt32, _ group: UInt32) -> Int {
        guard let name else { return kernelCall { fchown(descriptor, owner, group) } }
        return kernelCall { Kernel.fchownat(descriptor, name, owner, group, AT_SYMLINK_NOFOLLOW) }
    }

    private func changeTimes(_ modified: Timestamp?, _ accessed: Timestamp?) -> Int {
        let unchanged = timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2)  // UTIME_OMIT, a macro that is not imported
        let times: [2 of timespec] = [accessed?.timespec ?? unchanged, modified?.timespec ?? unchanged]
        guard let name else { return kernelCall { Kernel.futimens(descriptor, times) } }
        return kernelCall { Kernel.utimensat(descriptor, name, times, AT_SYMLINK_NOFOLLOW) }
    }

    func changePermissions(_ permissions: UInt32) -> Int {
        guard let name else { return kernelCall { fchmod(descriptor, permissions) } }
        if features.fchmodat2.isSupported {
            let result = kernelCall { Kernel.fchmodat2(descriptor, name, permissions, AT_SYMLINK_NOFOLLOW) }
            guard result == -Int(ENOSYS) || result == -Int(EPERM) else { return result }
            if result == -Int(ENOSYS) { features.fchmodat2.refuse() }
        }
        // glibc's own way not to follow links: an O_PATH descriptor of the leaf, changed through /proc/self/fd.
        return kernelCall { Kernel.fchmodat(descriptor, name, permissions, AT_SYMLINK_NOFOLLOW) }
    }
}

extension VolumeDirectory {
    /// Sets the metadata of an entry, never of a symbolic link's target.
    ///
    /// - Parameters:
    ///   - name: The entry's name.
    ///   - attributes: The attributes to set; those that already match cost no system call.
    ///   - current: Its status, if the caller has just read it.
    /// - Returns: The attributes that could not be set, the others having been set; empty on success.
    /// - Throws: ``VolumeError`` when the entry does not exist or its name is invalid.
    package func setAttributes(
        _ name: Span<UInt8>,
        _ attributes: FileAttributes,
        current: FileStatus? = nil
    ) throws(VolumeError) -> [VolumeError] {
        guard let current = if let current { current } else { try status(of: name) } else {
            throw failure("statx", name, -Int(ENOENT))
        }
        var failures: [VolumeError] = []
        let path = path(of: name)
        let store = attributes.needStore(features) ? AttributeStore(self, name) : nil
        try perform("chown", name) { directory, name in
            let target = AttributeTarget(
                descriptor: directory,
                name: name,
                path: { path },
                features: features,
                store: store
            )
            failures = target.apply(attributes, current: current)
            return 0
        }
        return failures
    }

    /// Sets the metadata of the directory itself, for a root, which has no parent here.
    ///
    /// - Parameters:
    ///   - attributes: The attributes to set; those that already match cost no system call.
    ///   - current: Its status, if the caller has just read it.
    /// - Returns: The attributes that could not be set, the others having been set.
    /// - Throws: ``VolumeError`` of statx(2).
    package func setAttributes(
        _ attributes: FileAttributes,
        current: FileStatus? = nil
    ) throws(VolumeError) -> [VolumeError] {
        let current = if let current { current } else { try status() }
        let target = AttributeTarget(
            descriptor: descriptor.rawValue,
            name: nil,
            path: { self.relativePath },
            features: features,
            store: attributes.needStore(features) ? AttributeStore(self, nil) : nil
        )
        return target.apply(attributes, current: current)
    }
}
