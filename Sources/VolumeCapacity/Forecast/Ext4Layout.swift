/// What things take on ext4 as mke2fs makes it: extents, checksums of metadata, hashed directories, no inline data.
///
/// Source: the kernel's `Documentation/filesystems/ext4`.
enum Ext4Layout {
    /// Bytes of a symbolic link's target, from which on it needs a block.
    private static let longLink: Amount = 60
    /// What an inode of 256 bytes has left for attributes after its 128, its 32 extra and a header of 4.
    private static let attributeSpace: Amount = 92

    /// The blocks of the extent tree.
    static func extentTree(_ shape: FileShape, _ target: TargetProfile) -> Amount {
        let block = target.blockSize
        // An extent ends at the end of its group at the latest; half a group each allows for what is in the way.
        let extents = shape.pieces + shape.data / (block * 8 * block / 2)
        return tree(of: extents, block)
    }

    /// Four extents fit into the inode, the others into blocks of 12 bytes each.
    private static func tree(of extents: Amount, _ block: Amount) -> Amount {
        let fanOut = (block - 16) / 12
        var level = extents
        var blocks: Amount = 0
        while level > 4 {
            level = SplitTree.roundedUp(level, fanOut)
            blocks += level
        }
        return blocks * block
    }

    /// The blocks of a directory: one, or a hash tree of blocks.
    static func directory(_ shape: DirectoryShape, _ target: TargetProfile) -> Amount {
        let block = target.blockSize
        let capacity = block - 12  // the checksum at the end
        let longest = (shape.longest + 8).roundedUp(to: 4)
        // "." and ".." take 12 each; the last place may be too small for a long name.
        guard shape.ext4Bytes + 24 + longest > capacity else { return block }
        let average = shape.ext4Bytes / shape.count
        let leaves = SplitTree.leaves(bytes: shape.ext4Bytes, capacity: capacity - average / 2)
        let root = (block - 48) / 8
        let indexes = leaves <= root ? 0 : SplitTree.leaves(bytes: leaves * 8, capacity: block - 24)
        // Its blocks are allocated one by one, between those of files: each may be its own extent.
        return (1 + indexes + leaves) * block + tree(of: 1 + indexes + leaves, block)
    }

    static func symbolicLink(_ length: Amount, _ target: TargetProfile) -> Amount {
        length < longLink ? 0 : target.inBlocks(length + 1)
    }

    /// A block, unless the attributes fit into the inode.
    static func attributes(_ count: Amount, _ bytes: Amount, _ target: TargetProfile) -> Amount {
        // 16 bytes of header each; names and values are filled up to 4.
        count == 0 || bytes + count * 22 <= attributeSpace ? 0 : target.inBlocks(bytes + count * 22 + 32)
    }
}
