import CLinux
import LinuxSystem

/// How btrfs divides its space between content and its own trees, which statfs(2) does not report.
///
/// Space is allocated in chunks; a chunk holds content or tree nodes, never both. Space that is in no chunk yet is
/// available to either.
package struct BtrfsSpace: Hashable, Sendable {
    /// Free bytes in content chunks.
    package var freeContent: Int64
    /// Bytes in tree chunks, each node counted once regardless of its copies.
    package var trees: Int64
    /// Bytes of ``trees`` in use.
    package var usedTrees: Int64
    /// Bytes of ``trees`` that btrfs reserves for itself (the global reserve).
    package var reserve: Int64
    /// The number of copies of each node: 2 for DUP and RAID1, the defaults of mkfs.btrfs.
    package var copies: Int64

    /// Creates a value from its figures.
    package init(freeContent: Int64, trees: Int64, usedTrees: Int64, reserve: Int64, copies: Int64) {
        self.freeContent = freeContent
        self.trees = trees
        self.usedTrees = usedTrees
        self.reserve = reserve
        self.copies = copies
    }

    /// Queries the kernel, which needs no privilege (`BTRFS_IOC_SPACE_INFO`).
    ///
    /// Nil if that fails, and if content and trees share their chunks (`mkfs.btrfs --mixed`): then nothing is divided.
    init?(_ volume: borrowing Descriptor) {
        guard let spaces = Kernel.btrfsSpaces(volume.rawValue) else { return nil }
        self.init(freeContent: 0, trees: 0, usedTrees: 0, reserve: 0, copies: 1)
        for space in spaces { add(space) }
        guard trees > 0 else { return nil }
    }

    private mutating func add(_ space: btrfs_ioctl_space_info) {
        // The figures come from the volume: with this limit their sums over all types do not overflow.
        let largest: UInt64 = 1 << 56
        let (total, used) = (Int64(min(space.total_bytes, largest)), Int64(min(space.used_bytes, largest)))
        switch space.flags & dvm_BTRFS_KINDS {
        case dvm_BTRFS_CONTENT: freeContent += max(0, total - used)
        case dvm_BTRFS_TREES:
            trees += total
            usedTrees += used
            copies = max(copies, Self.copies(of: space.flags))
        case dvm_BTRFS_RESERVE: reserve += total
        default: break  // chunks that map the others (system), and mixed ones
        }
    }

    private static func copies(of flags: UInt64) -> Int64 {
        if flags & dvm_BTRFS_FOUR_COPIES != 0 { return 4 }
        if flags & dvm_BTRFS_THREE_COPIES != 0 { return 3 }
        return flags & dvm_BTRFS_TWO_COPIES != 0 ? 2 : 1
    }
}
