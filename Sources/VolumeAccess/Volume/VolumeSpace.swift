import CLinux
import Glibc
import LinuxSystem

/// The values of statfs(2) and statvfs(3) for a volume's file system.
package struct VolumeSpace: Hashable, Sendable {
    /// The unit of the other numbers, in bytes: the fragment size.
    package let blockSize: Int64
    /// The size of the file system, in blocks.
    package let blocks: Int64
    /// Free blocks, including those reserved for the superuser.
    package let freeBlocks: Int64
    /// Free blocks for unprivileged users.
    package let availableBlocks: Int64
    /// The number of inodes; 0 if they are allocated dynamically (btrfs).
    package let inodes: Int64
    /// Free inodes.
    package let freeInodes: Int64
    /// The longest name, in bytes.
    package let longestName: Int64
    /// The magic number of the file system, such as `0xEF53`.
    package let magic: UInt64
    /// Whether it is mounted read-only.
    package let isReadOnly: Bool

    /// The size in bytes.
    package var size: Int64 { blocks.multipliedClamped(by: blockSize) }
    /// Bytes in use.
    package var used: Int64 { (blocks - freeBlocks).multipliedClamped(by: blockSize) }
    /// Free bytes for the superuser.
    package var free: Int64 { freeBlocks.multipliedClamped(by: blockSize) }
    /// Free bytes for unprivileged users.
    package var available: Int64 { availableBlocks.multipliedClamped(by: blockSize) }

    /// The percentage in use of what unprivileged users may use, rounded up, as df(1) computes it; 0 for a file system
    /// without a size.
    package var usagePercent: Int64 {
        let usedBlocks = blocks - freeBlocks
        let usable = Int128(usedBlocks) + Int128(availableBlocks)
        return usable <= 0 ? 0 : Int64(clamping: (Int128(usedBlocks) * 100 + usable - 1) / usable)
    }
}

extension Volume {
    /// Reads the space of the file system that the root is on.
    ///
    /// - Throws: ``VolumeError`` of fstatfs(2) or fstatvfs(3).
    package func space() throws(VolumeError) -> VolumeSpace {
        var status = statvfs()
        var result = kernelCall { Kernel.fstatvfs(root.descriptor.rawValue, &status) }
        guard result == 0 else { throw .system(operation: "fstatvfs", path: [], number: Int32(-result)) }
        var basic = statfs()
        result = kernelCall { Kernel.fstatfs(root.descriptor.rawValue, &basic) }
        guard result == 0 else { throw .system(operation: "fstatfs", path: [], number: Int32(-result)) }
        return VolumeSpace(
            blockSize: Int64(clamping: status.f_frsize),
            blocks: Int64(clamping: status.f_blocks),
            freeBlocks: Int64(clamping: status.f_bfree),
            availableBlocks: Int64(clamping: status.f_bavail),
            inodes: Int64(clamping: status.f_files),
            freeInodes: Int64(clamping: status.f_ffree),
            longestName: Int64(clamping: status.f_namemax),
            magic: UInt64(bitPattern: Int64(basic.f_type)),
            isReadOnly: status.f_flag & UInt(ST_RDONLY) != 0
        )
    }
}
