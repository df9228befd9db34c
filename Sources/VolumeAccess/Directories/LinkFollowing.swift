import CLinux
import Glibc
import LinuxSystem

/// What symbolic links in a path lead to; they are followed only where the user has asked for it.
package enum LinkFollowing: Sendable {
    /// They are not followed.
    case never
    /// They are followed as far as they stay below the root: in a daemon's module, where absolute ones never do.
    case inside
    /// They are followed to anywhere: in a user's own paths.
    case anywhere
}

extension Volume {
    /// Opens a directory below the root, following links as far as is allowed.
    ///
    /// - Parameters:
    ///   - relativePath: Names joined by single slashes; empty or `.` is the root itself.
    ///   - following: What links may lead to.
    /// - Returns: The directory, under the path that was given.
    /// - Throws: ``VolumeError``; EXDEV for a link that leads out of the root.
    package func directory(
        _ relativePath: Span<UInt8>,
        following: LinkFollowing
    ) throws(VolumeError) -> VolumeDirectory {
        if following == .never || relativePath.isEmpty || relativePath.count == 1 && relativePath[0] == 0x2e {
            return try directory(relativePath)
        }
        return try root.openDirectory(below: relativePath, following: following)
    }

    /// A volume whose root is a directory of this one, links on the way followed as far as is allowed.
    package func volume(
        at relativePath: Span<UInt8>,
        following: LinkFollowing
    ) throws(VolumeError) -> Volume {
        try Volume(sharing: directory(relativePath, following: following))
    }
}

extension VolumeDirectory {
    /// Opens a directory below this one, following links.
    func openDirectory(
        below relativePath: Span<UInt8>,
        following: LinkFollowing
    ) throws(VolumeError) -> VolumeDirectory {
        let result = open(relativePath, O_RDONLY | O_DIRECTORY | O_CLOEXEC, following)
        guard result >= 0 else { throw failure(following: relativePath, result) }
        let path = path(of: relativePath)
        return VolumeDirectory(Descriptor(owning: Int32(result)), relativePath: path, features: features)
    }

    /// The status of what a name leads to.
    ///
    /// - Returns: Nil if there is nothing, or a link leads to nothing.
    /// - Throws: ``VolumeError`` for any other failure, EXDEV for a link that leads out of the root.
    package func status(of name: Span<UInt8>, following: LinkFollowing) throws(VolumeError) -> FileStatus? {
        if following == .never { return try status(of: name) }
        let result = open(name, O_PATH | O_CLOEXEC, following)
        if result == -Int(ENOENT) { return nil }
        guard result >= 0 else { throw failure(following: name, result) }
        let opened = Descriptor(owning: Int32(result))
        var status: FileStatus?
        let number = FileStatus.read(opened.rawValue, into: &status)
        guard let status else { throw failure("statx", name, number) }
        return try features.shown(status, AttributeStore(held: opened.rawValue), path(of: name))
    }

    /// Opens the regular file that a name leads to.
    package func openForReading(
        _ name: Span<UInt8>,
        following: LinkFollowing,
        orDevice: Bool = false
    ) throws(VolumeError) -> ReadableFile {
        let result = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, following)
        guard result >= 0 else { throw failure(following: name, result) }
        return try ReadableFile(
            Descriptor(owning: Int32(result)),
            path: path(of: name),
            features: features,
            takesDevices: orDevice
        )
    }

    /// Opens a path from this directory; `.inside`: nothing above this directory can be reached.
    private func open(_ path: Span<UInt8>, _ flags: Int32, _ following: LinkFollowing) -> Int {
        let directory = descriptor.rawValue
        if following == .anywhere {
            return withTerminated(path) { path in kernelCall { Kernel.openat(directory, path, flags) } }
        }
        var how = open_how()
        how.flags = UInt64(flags)
        how.resolve = UInt64(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)
        if following == .never { how.resolve |= UInt64(RESOLVE_NO_SYMLINKS) }
        // While anything is renamed anywhere on the machine, the kernel cannot rule out that `..` in a link has led out of the
        // tree, and refuses (EAGAIN, openat2(2)).
        return withTerminated(path) { path in
            var result = -Int(EAGAIN)
            for attempt in 1...VolumeError.attemptsDuringRenames where result == -Int(EAGAIN) {
                result = kernelCall { Kernel.openat2(directory, path, how) }
                // What renames may need this processor to come to its end.
                if result == -Int(EAGAIN), attempt % 16 == 0 { sched_yield() }
            }
            return result
        }
    }

    private func failure(following path: Span<UInt8>, _ result: Int) -> VolumeError {
        result == -Int(EAGAIN) ? .renames(path: self.path(of: path)) : failure("open", path, result)
    }
}
