import CLinux
import Glibc
import LinuxSystem

/// What statfs(2) and statvfs(3) tell of the file system that a volume is on.
package struct VolumeSpace: Hashable, Sendable {
    /// Bytes that the other numbers count in: the fragment size.
    package let blockSize: Int64
    /// How large the file system is, in blocks.
    package let blocks: Int64
    /// Free blocks, those reserved for the superuser among them.
    package let freeBlocks: Int64
    /// Free blocks that anybody may use.
    package let availableBlocks: Int64
    /// How many inodes there are; 0 where they are made as needed (btrfs).
    package let inodes: Int64
    /// Free inodes.
    package let freeInodes: Int64
    /// Bytes that a name may have.
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
    /// Free bytes for anybody.
    package var available: Int64 { availableBlocks.multipliedClamped(by: blockSize) }

    /// Used of what anybody may use, rounded up, as df(1) computes it; 0 for an empty file system without a size.
    package var usagePercent: Int64 {
        let usedBlocks = blocks - freeBlocks
        let usable = Int128(usedBlocks) + Int128(availableBlocks)
        return usable <= 0 ? 0 : Int64(clamping: (Int128(usedBlocks) * 100 + usable - 1) / usable)
    }
}

extension Volume {
    /// Asks for the space of the file system that the root is on.
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
