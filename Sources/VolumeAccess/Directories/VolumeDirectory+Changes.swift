import CLinux
import Glibc
import LinuxSystem

extension VolumeDirectory {
    // MARK: Making and removing

    /// Creates a directory.
    ///
    /// - Parameters:
    ///   - name: A name that must not exist yet.
    ///   - permissions: Its permission bits, subject to the process's umask.
    /// - Throws: ``VolumeError``; EEXIST when the name exists.
    package func createDirectory(_ name: Span<UInt8>, permissions: UInt32 = 0o700) throws(VolumeError) {
        let permissions = features.simulatesPrivileges ? permissions & 0o777 | 0o700 : permissions
        features.inodes.noteCreation()
        try perform("mkdir", name) { Kernel.mkdirat($0, $1, permissions) }
    }

    /// Why this process cannot create entries here: permissions, an immutable directory, a read-only file system.
    ///
    /// - Parameter name: The name that was to be created, for the error.
    /// - Returns: Nil if it probably can; space is not examined.
    package func refusesToCreate(_ name: Span<UInt8>) -> VolumeError? {
        let directory = descriptor.rawValue
        let result = kernelCall { Kernel.faccessat(directory, ".", W_OK | X_OK, AT_EACCESS) }
        // A kernel without faccessat2(2) answers for the real user, which is of no use.
        guard [-Int(EACCES), -Int(EPERM), -Int(EROFS)].contains(result) else { return nil }
        return failure("open", name, result)
    }

    /// Removes an entry that is not a directory.
    package func remove(_ name: Span<UInt8>) throws(VolumeError) {
        try perform("unlink", name) { Kernel.unlinkat($0, $1, 0) }
    }

    /// Removes an empty directory.
    ///
    /// - Throws: ``VolumeError``: ENOTEMPTY when it is not empty, EBUSY when something is mounted on it.
    package func removeDirectory(_ name: Span<UInt8>) throws(VolumeError) {
        try perform("rmdir", name) { Kernel.unlinkat($0, $1, AT_REMOVEDIR) }
    }

    /// Renames an entry, within this directory or to another directory of the same file system; an existing entry is
    /// replaced.
    ///
    /// - Parameters:
    ///   - name: The entry's name.
    ///   - directory: The new directory; nil for this one.
    ///   - newName: Its new name.
    /// - Throws: ``VolumeError`` with the old path.
    package func rename(
        _ name: Span<UInt8>,
        to directory: VolumeDirectory? = nil,
        as newName: Span<UInt8>
    ) throws(VolumeError) {
        let result = try attemptRename(name, to: directory ?? self, as: newName)
        guard result >= 0 else { throw failure("rename", name, result) }
    }

    func attemptRename(
        _ name: Span<UInt8>,
        to target: VolumeDirectory,
        as newName: Span<UInt8>
    ) throws(VolumeError) -> Int {
        guard isLeafName(name) else { throw .invalidName(bytes(of: name)) }
        guard isLeafName(newName) else { throw .invalidName(bytes(of: newName)) }
        return withTerminated(name) { name in
            withTerminated(newName) { newName in
                features.retryingForSpace(of: target.descriptor) {
                    kernelCall {
                        Kernel.renameat(descriptor.rawValue, name, target.descriptor.rawValue, newName)
                    }
                }
            }
        }
    }

    // MARK: Placing over what is there

    /// Creates a symbolic link with exactly this target.
    ///
    /// - Parameters:
    ///   - target: Any bytes without NUL, 1 to 4095 of them; not interpreted.
    ///   - name: Its name.
    ///   - permissions: Those that `--fake-super` stores; a link has none.
    ///   - isReplacing: Whether an entry that is not a directory is expected there; it is replaced atomically. If false
    ///     and there is an entry nevertheless, it is replaced too.
    /// - Throws: ``VolumeError``; an existing entry is then still in place.
    package func placeSymbolicLink(
        _ target: Span<UInt8>,
        as name: Span<UInt8>,
        permissions: UInt32 = 0o777,
        isReplacing: Bool
    ) throws(VolumeError) {
        for index in target.indices where target[index] == 0 { throw .invalidName(bytes(of: target)) }
        try place("symlink", as: name, isReplacing: isReplacing) { directory, name in
            if features.simulatesPrivileges {
                return Self.makePlaceholder(directory, name, mode: 0o120000 | permissions, target: bytes(of: target))
            }
            return Int32(withTerminated(target) { target in Int(Kernel.symlinkat(target, directory, name)) })
        }
    }

    /// Creates a named pipe, socket or device node.
    ///
    /// - Parameters:
    ///   - mode: Type and permissions, as `st_mode`; the process's umask applies.
    ///   - major: The major number of a device.
    ///   - minor: The minor number of a device.
    ///   - name: Its name.
    ///   - isReplacing: See ``placeSymbolicLink(_:as:isReplacing:)``.
    /// - Throws: ``VolumeError``; an existing entry is then still in place.
    package func placeNode(
        mode: UInt32,
        major: UInt32 = 0,
        minor: UInt32 = 0,
        as name: Span<UInt8>,
        isReplacing: Bool
    ) throws(VolumeError) {
        try place("mknod", as: name, isReplacing: isReplacing) { directory, name in
            if features.simulatesPrivileges {
                return Self.makePlaceholder(directory, name, mode: mode, major: major, minor: minor)
            }
            return Kernel.mknodat(directory, name, mode, dvm_makedev(major, minor))
        }
    }

    /// Creates a hard link to an entry of this or another directory; a symbolic link is not followed.
    ///
    /// - Parameters:
    ///   - source: The entry's directory.
    ///   - sourceName: Its name there.
    ///   - name: Its additional name here.
    ///   - isReplacing: See ``placeSymbolicLink(_:as:isReplacing:)``.
    /// - Throws: ``VolumeError``; an existing entry is then still in place.
    package func placeLink(
        from source: VolumeDirectory,
        _ sourceName: Span<UInt8>,
        as name: Span<UInt8>,
        isReplacing: Bool
    ) throws(VolumeError) {
        guard isLeafName(sourceName) else { throw .invalidName(bytes(of: sourceName)) }
        let sourceDirectory = source.descriptor.rawValue
        try place("link", as: name, isReplacing: isReplacing) { directory, name in
            Int32(
                withTerminated(sourceName) { sourceName in
                    Int(Kernel.linkat(sourceDirectory, sourceName, directory, name, 0))
                }
            )
        }
    }

    /// Creates an entry under its name if that is free, otherwise under a temporary name that is renamed over it.
    private func place(
        _ operation: StaticString,
        as name: Span<UInt8>,
        isReplacing: Bool,
        _ create: (_ directory: Int32, _ name: CPath) -> Int32
    ) throws(VolumeError) {
        features.inodes.noteCreation()
        if !isReplacing {
            let result = try attempt(name, create)
            if result >= 0 { return }
            guard result == -Int(EEXIST) else { throw failure(operation, name, result) }
        }
        guard isLeafName(name) else { throw .invalidName(bytes(of: name)) }
        let temporary = try withTemporaryName(for: name, .replacement) { temporary throws(VolumeError) in
            try attempt(temporary, create)
        } orFail: {
            failure(operation, name, $0)
        }
        try replace(name, by: temporary.name.span)
    }

    /// Makes `call` with fresh temporary names until one is free.
    ///
    /// - Returns: The free name and the call's result.
    func withTemporaryName(
        for name: Span<UInt8>,
        _ use: TemporaryNameUse,
        _ call: (Span<UInt8>) throws(VolumeError) -> Int,
        orFail: (Int) -> VolumeError
    ) throws(VolumeError) -> (name: [UInt8], result: Int) {
        for _ in 0..<64 {
            let temporary = temporaryName(for: name, use)
            let result = try call(temporary.span)
            if result >= 0 { return (temporary, result) }
            guard result == -Int(EEXIST) else { throw orFail(result) }
        }
        throw orFail(-Int(EEXIST))
    }

    /// Renames a temporary name over the final one; on return the temporary name is gone in any case.
    private func replace(_ name: Span<UInt8>, by temporary: Span<UInt8>) throws(VolumeError) {
        let result = try attemptRename(temporary, to: self, as: name)
        // Also on success: rename(2) does nothing when both names are links to the same file.
        _ = try? attempt(temporary) { Kernel.unlinkat($0, $1, 0) }
        guard result >= 0 else { throw failure("rename", name, result) }
    }
}
