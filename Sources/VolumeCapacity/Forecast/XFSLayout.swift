/// What things take on XFS version 5: inodes of 512 to 2048 bytes in chunks of 64, directories in blocks of their own
/// size.
///
/// Source: "XFS Filesystem Disk Structures" (Linux kernel project).
enum XFSLayout {
    /// What an inode needs for itself; the rest, 336 of 512 bytes, is for a link's target and attributes.
    private static let core: Amount = 176
    /// What of it extents and small directories get where the kernel sets space for attributes apart in each new inode,
    /// as it does with SELinux, Smack or Landlock (seen with Landlock: a directory of 189 bytes is in its inode, one of
    /// 205 in a block).
    private static let dataFork: Amount = 192
    /// Inodes are made in chunks of this many.
    private static let chunk: Amount = 64
    /// Groups that mkfs makes on a small device; in each a chunk may be little used.
    private static let groups: Amount = 4

    /// The blocks of the extent map: 12 extents fit into the inode, the others into blocks of 16 bytes each.
    static func extentMap(_ shape: FileShape, _ target: TargetProfile) -> Amount {
        map(of: shape.pieces + shape.data / (64 << 20), target)
    }

    private static func map(of extents: Amount, _ target: TargetProfile) -> Amount {
        guard extents > dataFork / 16 else { return 0 }
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
        let unit = target.directoryBlock
        guard shape.nameBytes + shape.count * 8 + 6 > dataFork else { return 0 }
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
        length <= target.inodeSize - core
            ? 0 : SplitTree.roundedUp(length, target.blockSize - 56) * target.blockSize
    }

    /// A block, unless the attributes fit beside the extents.
    static func attributes(_ count: Amount, _ bytes: Amount, _ target: TargetProfile) -> Amount {
        let isInside = bytes + count * 3 + 4 <= (target.inodeSize - core) / 2
        return count == 0 || isInside ? 0 : target.inBlocks(bytes + count * 16 + 80)
    }

    /// The chunks of inodes, and the tree that finds them: 16 bytes for each chunk, in two trees.
    static func inodes(_ count: Amount, _ target: TargetProfile) -> Amount {
        let chunks = SplitTree.roundedUp(count, chunk) + groups
        let index = SplitTree.leaves(bytes: chunks * 32, capacity: target.blockSize - 56)
        return chunks * chunk * target.inodeSize + (index + reservation(target)) * target.blockSize
    }

    /// Blocks that have to be free beyond what the last entries take.
    ///
    /// A transaction starts only when what it could take at worst is free. Found by trials with fewer and fewer free
    /// blocks (Linux 6.18, blocks of 1 to 64 KiB, 32-bit and 64-bit extent counts): with H for ``extentMapHeight(_:)``
    /// and D for the blocks of a directory block, a new name takes 7 (D + H), a new inode its chunk and two trees, a
    /// write H + 2. When a directory block may be more extents than a block of the map holds, H counts once for each
    /// such block.
    ///
    /// A target has four threads: one makes entries, two give files their names, one begins and writes files; a thread that
    /// gives names begins files, too, which reserves less.
    static func reservation(_ target: TargetProfile) -> Amount {
        let height = extentMapHeight(target.blockSize)
        let unit = target.directoryBlock / target.blockSize
        let maps = SplitTree.roundedUp(unit, (target.blockSize - 72) / 16 - 1)
        let name = 7 * (unit + maps * height)
        // The trees of inodes have up to 5 levels in a group of 1 TiB.
        let inode = max(1, chunk * target.inodeSize / target.blockSize) + 2 * 5
        let linkTarget = SplitTree.roundedUp(1024, target.blockSize)
        return (inode + name + linkTarget) + 2 * max(name, inode + height + 2) + (inode + height + 2)
    }

    /// How many levels of blocks the map of 2^48 extents can have, each block but half full, below the 11 in the inode.
    static func extentMapHeight(_ blockSize: Amount) -> Amount {
        let least = (blockSize - 72) / 16 / 2
        var (blocks, height) = (Amount(1 << 48) / least, Amount(0))
        while blocks > 1 {
            blocks = blocks <= 11 ? 1 : SplitTree.roundedUp(blocks, least)
            height += 1
        }
        return height
    }
}
