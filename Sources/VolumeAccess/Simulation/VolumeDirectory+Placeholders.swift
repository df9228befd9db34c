import CLinux
import Glibc
import LinuxSystem

extension VolumeDirectory {
    /// Makes a regular file that stands for a symbolic link or a node (protocol specification, transfer 8.4).
    ///
    /// - Parameters:
    ///   - directory: The descriptor of its directory.
    ///   - name: Its name.
    ///   - mode: Its type and permissions.
    ///   - major: The major number of a device.
    ///   - minor: The minor number of a device.
    ///   - target: A link's target, which is the content.
    /// - Returns: 0, or -1 with `errno` set; nothing is left of a file that could not be completed.
    static func makePlaceholder(
        _ directory: Int32,
        _ name: CPath,
        mode: UInt32,
        major: UInt32 = 0,
        minor: UInt32 = 0,
        target: [UInt8] = []
    ) -> Int32 {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let opened = kernelCall { Kernel.openat(directory, name, flags, 0o600) }
        // As a system call: the caller reads errno, which is still set.
        guard opened >= 0 else { return -1 }
        let file = Descriptor(owning: Int32(opened))
        var status: FileStatus?
        var result = FileStatus.read(file.rawValue, into: &status)
        if let status {
            var stored = StoredStatus(status)
            (stored.mode, stored.major, stored.minor) = (mode, major, minor)
            result = target.isEmpty ? 0 : writeFully(target.span, to: file.rawValue, at: 0)
            if result >= 0 { result = kernelCall { fchmod(file.rawValue, stored.realPermissions) } }
            // Last: what a crash leaves is a file of another type, which the next run replaces.
            if result >= 0 { result = AttributeStore(file.rawValue).set(StoredStatus.name, stored.bytes) }
        }
        guard result < 0 else { return 0 }
        _ = kernelCall { Kernel.unlinkat(directory, name, 0) }
        // The caller reads errno.
        errno = Int32(-result)
        return -1
    }

    /// The target of a symbolic link that a regular file stands for; nil for anything else.
    ///
    /// - Throws: ``VolumeError``; EINVAL if the file's content is not a link target.
    package func readPlaceholder(_ name: Span<UInt8>) throws(VolumeError) -> [UInt8]? {
        var real: FileStatus?
        _ = try attempt(name) { directory, name in Int32(FileStatus.read(directory, name, into: &real)) }
        guard let real, real.isRegular,
            try features.shown(real, AttributeStore(self, name), path(of: name)).isSymbolicLink
        else {
            return nil
        }
        let file = try openForReading(name)
        var target = [UInt8](repeating: 0, count: 4096)
        var space = target.mutableSpan
        let count = try file.read(into: &space, at: 0)
        target.removeLast(target.count - count)
        guard (1..<4096).contains(count), !target.contains(0) else { throw failure("readlinkat", name, -Int(EINVAL)) }
        return target
    }
}
