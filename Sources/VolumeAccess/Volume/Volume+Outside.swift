import CLinux
import Glibc
import LinuxSystem

extension Volume {
    /// Opens a directory by the operator's own path, relative to this volume's root; symbolic links in it are followed.
    ///
    /// - Parameters:
    ///   - path: Absolute or relative; may lead out of this volume. Empty for the root.
    ///   - permissions: Those of missing directories on the way, if they are to be made.
    /// - Returns: The volume of that directory.
    /// - Throws: ``VolumeError``, with this path.
    package func open(outside path: [UInt8], making permissions: UInt32? = nil) throws(VolumeError) -> Volume {
        let path = path.isEmpty ? [UInt8(ascii: ".")] : path
        let directory = root.descriptor.rawValue
        func attempt() -> Int {
            withTerminated(path.span) { path in
                kernelCall { Kernel.openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
            }
        }
        var number = attempt()
        if number == -Int(ENOENT), let permissions {
            let ends = path.indices.dropFirst().filter { path[$0] == UInt8(ascii: "/") } + [path.count]
            for end in ends {
                _ = withTerminated(path.span.extracting(0..<end)) { path in
                    kernelCall { Kernel.mkdirat(directory, path, permissions) }
                }
            }
            number = attempt()
        }
        guard number >= 0 else { throw .system(operation: "open", path: path, number: Int32(-number)) }
        return Volume(Descriptor(owning: Int32(number)), simulating: features.simulatesPrivileges)
    }
}

extension VolumeDirectory {
    /// Opens a directory below this one if there is one; no component may be a symbolic link.
    ///
    /// - Parameter relativePath: Names joined by single slashes.
    /// - Returns: Nil if there is none.
    /// - Throws: ``VolumeError`` for any other failure.
    package func directoryIfPresent(_ relativePath: Span<UInt8>) throws(VolumeError) -> VolumeDirectory? {
        do throws(VolumeError) {
            return try openDirectory(below: relativePath)
        } catch {
            guard error.isMissing || error.number == ENOTDIR || error.isSymbolicLinkRefused else { throw error }
            return nil
        }
    }

    /// Makes the directories of a path below this one that are missing.
    ///
    /// - Parameters:
    ///   - relativePath: Names joined by single slashes.
    ///   - permissions: Their permissions, subject to the process's umask.
    /// - Throws: ``VolumeError`` when a component cannot be made or is not a directory.
    package func makePath(_ relativePath: Span<UInt8>, permissions: UInt32) throws(VolumeError) {
        var directory = self
        var start = 0
        while start <= relativePath.count {
            let end = relativePath.componentEnd(from: start)
            let name = relativePath.extracting(start..<end)
            let result = try directory.attempt(name) { Kernel.mkdirat($0, $1, permissions) }
            guard result >= 0 || result == -Int(EEXIST) else { throw directory.failure("mkdir", name, result) }
            if end < relativePath.count { directory = try directory.openDirectory(name) }
            start = end + 1
        }
    }
}
