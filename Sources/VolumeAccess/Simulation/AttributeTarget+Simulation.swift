import FileMetadata
import Glibc
import LinuxSystem

extension AttributeTarget {
    /// Stores owner, group and permissions instead of setting them (rsync(1), `--fake-super`; protocol specification,
    /// transfer 8.4).
    ///
    /// - Parameter wanted: The attributes to set.
    /// - Returns: The failures.
    func applySimulated(_ wanted: FileAttributes) -> [VolumeError] {
        guard let store else { return [] }
        var status: FileStatus?
        let number =
            if let name { FileStatus.read(descriptor, name, into: &status) } else {
                FileStatus.read(descriptor, into: &status)
            }
        guard let real = status else { return [.system(operation: "statx", path: path(), number: Int32(-number))] }
        let shown: FileStatus
        do throws(VolumeError) {
            shown = try features.shown(real, store, path())
        } catch {
            return [error]
        }
        var stored = StoredStatus(shown)
        if let permissions = wanted.permissions, !shown.isSymbolicLink {
            stored.mode = stored.mode & ~0o7777 | permissions & 0o7777
        }
        stored.owner = wanted.owner ?? stored.owner
        stored.group = wanted.group ?? stored.group
        var failures: [VolumeError] = []
        // First: attributes of the user namespace need a writable file.
        if real.permissions != stored.realPermissions {
            let result = changePermissions(stored.realPermissions)
            // What another user owns keeps its permissions; those that are shown are stored.
            if result < 0, result != -Int(EPERM) {
                failures.append(.system(operation: "chmod", path: path(), number: Int32(-result)))
            }
        }
        if let extended = wanted.extended {
            failures += store.apply(extended, previous: previousStore).map { failure in
                let name = String(decoding: failure.name, as: UTF8.self)
                return .system(operation: "lsetxattr \(name) of", path: path(), number: failure.number)
            }
        }
        let result = store.keep(stored, of: real)
        if result < 0 {
            failures.append(
                .system(operation: "lsetxattr user.rsync.%stat of", path: path(), number: Int32(-result))
            )
        }
        failures += storeLists(wanted, permissions: stored.mode & 0o7777, store)
        return failures + applyTimes(wanted, current: real)
    }

    private func storeLists(
        _ wanted: FileAttributes,
        permissions: UInt32,
        _ store: AttributeStore
    ) -> [VolumeError] {
        let changes = [
            (wanted.accessList?.stripped(of: permissions), StoredStatus.accessListName),
            (wanted.defaultList, StoredStatus.defaultListName),
        ]
        return changes.compactMap { change, name in
            let result: Int
            switch change {
            case nil: return nil
            case .none?: result = store.remove(name)
            case .list(let list)?: result = store.set(name, list.storedBytes)
            }
            return result < 0 ? .system(operation: "set_acl", path: path(), number: Int32(-result)) : nil
        }
    }
}

extension AttributeStore {
    /// Stores a status where the real entry does not say the same.
    ///
    /// - Parameters:
    ///   - stored: The status to be shown.
    ///   - real: The entry's own, but for its permissions.
    /// - Returns: 0, or a negative `errno`.
    fileprivate func keep(_ stored: StoredStatus, of real: FileStatus) -> Int {
        var own = StoredStatus(real)
        own.mode = own.mode & ~0o7777 | stored.realPermissions
        let value = try? value(of: StoredStatus.name).get()
        if own == stored { return value == nil ? 0 : remove(StoredStatus.name) }
        return value == stored.bytes ? 0 : set(StoredStatus.name, stored.bytes)
    }
}

extension AccessListChange {
    fileprivate func stripped(of permissions: UInt32) -> AccessListChange {
        guard case .list(let list) = self else { return self }
        var stripped = list.stripped(of: permissions)
        stripped.mask = list.mask
        return .list(stripped)
    }
}
