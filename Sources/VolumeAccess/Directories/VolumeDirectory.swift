import CLinux
import Glibc
import LinuxSystem
import Synchronization

/// An open directory of a volume: entries are named relative to it.
///
/// Each method takes the name of an entry, never a path, and operates on that entry itself: a symbolic link is not
/// followed. Changes to the directory's own path in the meantime have no effect.
///
/// ## Concurrency model
/// Immutable except for cached values; may be used on any thread. The descriptor is closed with the last reference.
package final class VolumeDirectory: Sendable {
    let descriptor: Descriptor
    /// Its path below the volume's root when it was opened, without a slash at either end; empty for the root.
    package let relativePath: [UInt8]
    let features: VolumeFeatures
    /// 1 more than the magic number of its file system; 0 before it was read.
    private let knownMagic = Atomic<Int>(0)

    init(_ descriptor: consuming Descriptor, relativePath: [UInt8], features: VolumeFeatures) {
        self.descriptor = descriptor
        self.relativePath = relativePath
        self.features = features
    }

    /// The magic number of the file system that new files of the directory are on (statfs(2)); 0 if it cannot be
    /// determined.
    var magic: Int {
        let known = knownMagic.load(ordering: .relaxed)
        guard known == 0 else { return known - 1 }
        let asked = WriteBack.magic(of: descriptor.rawValue)
        knownMagic.store(asked + 1, ordering: .relaxed)
        return asked
    }

    // MARK: Calls on a leaf

    /// Makes a system call on a leaf and returns its raw result.
    ///
    /// - Returns: What the call returned, or a negative `errno`.
    /// - Throws: ``VolumeError/invalidName(_:)`` before any call.
    @inline(__always)
    func attempt(
        _ name: Span<UInt8>,
        _ call: (_ directory: Int32, _ name: CPath) -> Int32
    ) throws(VolumeError) -> Int {
        guard isLeafName(name) else { throw .invalidName(bytes(of: name)) }
        let directory = descriptor.rawValue
        return withTerminated(name) { name in
            features.retryingForSpace(of: descriptor) { kernelCall { call(directory, name) } }
        }
    }

    /// Makes a system call on a leaf and throws if it fails.
    @inline(__always)
    @discardableResult
    func perform(
        _ operation: StaticString,
        _ name: Span<UInt8>,
        _ call: (_ directory: Int32, _ name: CPath) -> Int32
    ) throws(VolumeError) -> Int {
        let result = try attempt(name, call)
        guard result >= 0 else { throw failure(operation, name, result) }
        return result
    }

    /// The error of a system call on a leaf.
    func failure(_ operation: StaticString, _ name: Span<UInt8>, _ result: Int) -> VolumeError {
        .system(operation: "\(operation)", path: path(of: name), number: Int32(-result))
    }

    /// The path of an entry below the volume's root.
    package func path(of name: Span<UInt8>) -> [UInt8] {
        relativePath.isEmpty ? bytes(of: name) : relativePath + [UInt8(ascii: "/")] + bytes(of: name)
    }

    // MARK: Reading

    /// The status of an entry.
    ///
    /// - Returns: Nil if there is no such entry.
    /// - Throws: ``VolumeError`` for any other failure.
    package func status(of name: Span<UInt8>) throws(VolumeError) -> FileStatus? {
        guard isLeafName(name) else { throw .invalidName(bytes(of: name)) }
        var status: FileStatus?
        let result = withTerminated(name) { name in FileStatus.read(descriptor.rawValue, name, into: &status) }
        if result == -Int(ENOENT) { return nil }
        guard let status else { throw failure("statx", name, result) }
        return try features.shown(status, AttributeStore(self, name), path(of: name))
    }

    /// The status of the directory itself.
    ///
    /// - Throws: ``VolumeError`` of statx(2).
    package func status() throws(VolumeError) -> FileStatus {
        var status: FileStatus?
        let result = FileStatus.read(descriptor.rawValue, into: &status)
        guard let status else { throw .system(operation: "statx", path: relativePath, number: Int32(-result)) }
        return try features.shown(status, AttributeStore(self, nil), relativePath)
    }

    /// The target of a symbolic link, byte for byte.
    ///
    /// - Throws: ``VolumeError``; EINVAL if the entry is not a symbolic link.
    package func readLink(_ name: Span<UInt8>) throws(VolumeError) -> [UInt8] {
        if features.simulatesPrivileges, let target = try readPlaceholder(name) { return target }
        var target = [UInt8](repeating: 0, count: 4096)  // PATH_MAX: no target is longer
        let count = try perform("readlinkat", name) { directory, name in
            Int32(truncatingIfNeeded: Kernel.readlinkat(directory, name, into: &target))
        }
        target.removeLast(target.count - count)
        return target
    }

    /// Opens a regular file for reading, without blocking, without following links and, where permitted, without
    /// changing its access time.
    ///
    /// - Parameters:
    ///   - name: The file's name.
    ///   - orDevice: Whether it may be a device, whose content is read.
    /// - Returns: The file.
    /// - Throws: ``VolumeError/notRegular(path:)`` for anything else; ELOOP for a symbolic link.
    package func openForReading(_ name: Span<UInt8>, orDevice: Bool = false) throws(VolumeError) -> ReadableFile {
        try ReadableFile(
            try openDescriptor(name),
            path: path(of: name),
            features: features,
            takesDevices: orDevice
        )
    }

    /// Opens what should be a regular file; see ``openForReading(_:)``.
    func openDescriptor(_ name: Span<UInt8>) throws(VolumeError) -> Descriptor {
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        var result = -Int(EPERM)
        if features.noAccessTime.isSupported {
            result = try attempt(name) { Kernel.openat($0, $1, flags | O_NOATIME) }
            if result == -Int(EPERM) { features.noAccessTime.refuse() }
        }
        if result == -Int(EPERM) { result = try attempt(name) { Kernel.openat($0, $1, flags) } }
        guard result >= 0 else { throw failure("open", name, result) }
        return Descriptor(owning: Int32(result))
    }

    // MARK: Directories

    /// Opens a subdirectory.
    ///
    /// - Throws: ``VolumeError``: ELOOP or ENOTDIR if it is a symbolic link or another type of entry.
    package func openDirectory(_ name: Span<UInt8>) throws(VolumeError) -> VolumeDirectory {
        let flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        var result = try attempt(name) { Kernel.openat($0, $1, O_RDONLY | flags) }
        // A directory that may be entered but not listed can still be worked in.
        if result == -Int(EACCES) { result = try attempt(name) { Kernel.openat($0, $1, O_PATH | flags) } }
        guard result >= 0 else { throw failure("open", name, result) }
        return VolumeDirectory(Descriptor(owning: Int32(result)), relativePath: path(of: name), features: features)
    }

    /// Opens a directory some levels down, without following links.
    package func openDirectory(beneath relativePath: Span<UInt8>) throws(VolumeError) -> VolumeDirectory {
        try openDirectory(below: relativePath)
    }

    /// Opens a directory some levels down; see ``Volume/directory(_:)``.
    func openDirectory(below relativePath: Span<UInt8>) throws(VolumeError) -> VolumeDirectory {
        try checkComponents(relativePath)
        guard features.openat2.isSupported else { return try walk(to: relativePath) }
        var result = openBeneath(relativePath, O_RDONLY)
        if result == -Int(EACCES) { result = openBeneath(relativePath, O_PATH) }
        if result == -Int(ENOSYS) || result == -Int(EPERM) {
            features.openat2.refuse()
            return try walk(to: relativePath)
        }
        // The kernel could not rule out that a rename moved a component out of the tree in the meantime.
        if result == -Int(EAGAIN) { return try walk(to: relativePath) }
        guard result >= 0 else { throw failure("openat2", relativePath, result) }
        let path = path(of: relativePath)
        return VolumeDirectory(Descriptor(owning: Int32(result)), relativePath: path, features: features)
    }

    private func openBeneath(_ relativePath: Span<UInt8>, _ access: Int32) -> Int {
        var how = open_how()
        how.flags = UInt64(access | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        how.resolve = UInt64(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)
        let directory = descriptor.rawValue
        return withTerminated(relativePath) { path in
            kernelCall { Kernel.openat2(directory, path, how) }
        }
    }

    /// Descends one component at a time, following no links.
    private func walk(to relativePath: Span<UInt8>) throws(VolumeError) -> VolumeDirectory {
        var directory = self
        var start = 0
        while start <= relativePath.count {
            let end = relativePath.componentEnd(from: start)
            directory = try directory.openDirectory(relativePath.extracting(start..<end))
            start = end + 1
        }
        return directory
    }

    private func checkComponents(_ relativePath: Span<UInt8>) throws(VolumeError) {
        var start = 0
        while start <= relativePath.count {
            let end = relativePath.componentEnd(from: start)
            guard isLeafName(relativePath.extracting(start..<end)) else {
                throw .invalidName(bytes(of: relativePath))
            }
            start = end + 1
        }
    }
}
