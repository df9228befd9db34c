import CLinux
import LinuxSystem

/// How btrfs has divided its space among content and its own trees, which statfs(2) does not tell.
///
/// Space is given out in chunks; a chunk holds content or nodes of trees, never both. What no chunk has yet, either may take.
package struct BtrfsSpace: Hashable, Sendable {
    /// Free bytes in the chunks of content.
    package var freeContent: Int64
    /// Bytes of the chunks of trees, each node counted once however many copies it has.
    package var trees: Int64
    /// What trees take of them.
    package var usedTrees: Int64
    /// What btrfs keeps of them for itself (the global reserve).
    package var reserve: Int64
    /// How many copies of each node there are: 2 for DUP and RAID1, which mkfs.btrfs makes.
    package var copies: Int64

    /// Names the figures.
    package init(freeContent: Int64, trees: Int64, usedTrees: Int64, reserve: Int64, copies: Int64) {
        self.freeContent = freeContent
        self.trees = trees
        self.usedTrees = usedTrees
        self.reserve = reserve
        self.copies = copies
    }

    /// Asks the kernel, which tells everybody (`BTRFS_IOC_SPACE_INFO`).
    ///
    /// Nil when it does not answer, and where content and trees share their chunks (`mkfs.btrfs --mixed`): then nothing is divided.
    init?(_ volume: borrowing Descriptor) {
        guard let spaces = Kernel.btrfsSpaces(volume.rawValue) else { return nil }
        self.init(freeContent: 0, trees: 0, usedTrees: 0, reserve: 0, copies: 1)
        for space in spaces { add(space) }
        guard trees > 0 else { return nil }
    }

    private mutating func add(_ space: btrfs_ioctl_space_info) {
        // A volume's own figures: as many sums of them as there are kinds do not overflow.
        let largest: UInt64 = 1 << 56
        let (total, used) = (Int64(min(space.total_bytes, largest)), Int64(min(space.used_bytes, largest)))
        switch space.flags & dvm_BTRFS_KINDS {
        case dvm_BTRFS_CONTENT: freeContent += max(0, total - used)
        case dvm_BTRFS_TREES:
            trees += total
            usedTrees += used
            copies = max(copies, Self.copies(of: space.flags))
        case dvm_BTRFS_RESERVE: reserve += total
        default: break  // chunks that map the others, and mixed ones
        }
    }

    private static func copies(of flags: UInt64) -> Int64 {
        if flags & dvm_BTRFS_FOUR_COPIES != 0 { return 4 }
        if flags & dvm_BTRFS_THREE_COPIES != 0 { return 3 }
        return flags & dvm_BTRFS_TWO_COPIES != 0 ? 2 : 1
    }
}
