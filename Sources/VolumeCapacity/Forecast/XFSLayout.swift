/// What things take on XFS version 5 as mkfs.xfs makes it: inodes of 512 bytes in chunks of 64, directory blocks of 4 KiB.
///
/// Source: "XFS Filesystem Disk Structures" (Linux kernel project).
enum XFSLayout {
    /// What an inode has left for extents, small directories, link targets and attributes.
    private static let fork: Amount = 336
    /// Blocks that have to be free for the last entry: a transaction reserves what it could take at worst, about 45 were seen.
    private static let reservation: Amount = 96
    /// Inodes are made in chunks of so many.
    private static let chunk: Amount = 64
    /// Groups that mkfs makes on a small device; in each a chunk may be little used.
    private static let groups: Amount = 4

    /// The blocks of the extent map: 21 extents fit into the inode, the others into blocks of 16 bytes each.
    static func extentMap(_ shape: FileShape, _ target: TargetProfile) -> Amount {
        map(of: shape.pieces + shape.data / (64 << 20), target)
    }

    private static func map(of extents: Amount, _ target: TargetProfile) -> Amount {
        guard extents > fork / 16 else { return 0 }
        var level = extents
        var blocks: Amount = 0
        repeat {
            level = SplitTree.leaves(bytes: level * 16, capacity: target.blockSize - 72)
            blocks += level
        } while level > 1
        return blocks * target.blockSize
    }

    /// The blocks of a directory: none while it fits into the inode; one; or data blocks and an index of hashes.
    static func directory(_ shape: DirectoryShape, _ target: TargetProfile) -> Amount {
        let unit = max(4096, target.blockSize)
        guard shape.nameBytes + shape.count * 8 + 6 > fork else { return 0 }
        // "." and ".." take 16 each in the data; every name takes 8 in the index.
        if 64 + 32 + shape.xfsBytes + (shape.count + 2) * 8 + 8 <= unit { return unit }
        let longest = (shape.longest + 12).roundedUp(to: 8)
        let data = SplitTree.roundedUp(shape.xfsBytes + 32, max(unit - 64 - longest, unit / 2))
        var blocks = data
        let indexBytes = (shape.count + 2) * 8
        if indexBytes + data * 2 + 68 <= unit {
            blocks += 1
        } else {
            let leaves = SplitTree.leaves(bytes: indexBytes, capacity: unit - 64)
            blocks +=
                leaves + SplitTree.roundedUp(leaves, (unit - 64) / 16) + SplitTree.roundedUp(data, (unit - 64) / 2)
        }
        return blocks * unit + map(of: blocks, target)
    }

    static func symbolicLink(_ length: Amount, _ target: TargetProfile) -> Amount {
        // Each block begins with a header of 56 bytes.
        length <= fork
            ? 0 : SplitTree.roundedUp(length, target.blockSize - 56) * target.blockSize
    }

    /// A block, unless the attributes fit beside the extents.
    static func attributes(_ count: Amount, _ bytes: Amount, _ target: TargetProfile) -> Amount {
        count == 0 || bytes + count * 3 + 4 <= fork / 2 ? 0 : target.inBlocks(bytes + count * 16 + 80)
    }

    /// The chunks of inodes, and the tree that finds them: 16 bytes for each chunk, in two trees.
    static func inodes(_ count: Amount, _ target: TargetProfile) -> Amount {
        let chunks = SplitTree.roundedUp(count, chunk) + groups
        let index = SplitTree.leaves(bytes: chunks * 32, capacity: target.blockSize - 56)
        return chunks * chunk * target.inodeSize + (index + reservation) * target.blockSize
    }
}
