import Glibc
import LinuxSystem

/// The length of the content of a device.
enum DeviceSize {
    /// The size of an open device in bytes; 0 for a device that has none, such as a character device.
    static func read(_ descriptor: borrowing Descriptor) -> Int64 {
        let number = descriptor.rawValue
        let end = kernelCall { lseek(number, 0, SEEK_END) }
        return max(0, Int64(end))
    }
}

extension VolumeDirectory {
    /// The status of a file with the content of a device (`--copy-devices`, `--write-devices`).
    ///
    /// - Parameters:
    ///   - status: The device's own.
    ///   - name: Its name.
    /// - Returns: The status of a regular file.
    /// - Throws: ``VolumeError`` when a block device cannot be opened; others are not.
    package func statusAsFile(_ status: FileStatus, _ name: Span<UInt8>) throws(VolumeError) -> FileStatus {
        guard status.kind == .blockDevice else { return status.asFile(size: 0) }
        return status.asFile(size: DeviceSize.read(try openDescriptor(name)))
    }
}

extension FileStatus {
    /// The same status with the current time, in whole seconds, and without set-user-ID, set-group-ID and sticky bit:
    /// a device's own say nothing of its content.
    package var asContent: FileStatus {
        let time = Timestamp(seconds: Int64(time(nil)))
        return FileStatus(
            mode: mode & ~0o7000,
            size: size,
            modified: time,
            accessed: accessed,
            owner: owner,
            group: group,
            device: device
        )
    }

    /// The status of a file with the attributes of this entry.
    func asFile(size: Int64) -> FileStatus {
        FileStatus(
            mode: UInt32(S_IFREG) | permissions,
            size: size,
            modified: modified,
            accessed: accessed,
            owner: owner,
            group: group,
            device: device
        )
    }
}
