/// What things take on btrfs as mkfs.btrfs makes it on one device: nodes of 16 KiB, metadata twice, holes without
/// items.
///
/// Everything but large content is in trees of items: a header of 25 bytes and a body each.
/// Source: the btrfs documentation, "On-disk format".
enum BtrfsLayout {
    private static let header: Amount = 25
    /// The longest extent.
    private static let longestExtent: Amount = 128 << 20
    private static let node: Amount = 16384
    private static let nodeCapacity: Amount = node - 101

    static func isInline(_ size: Amount) -> Bool { size.value <= TargetProfile.longestInTrees }

    /// An inode's own item.
    static let inode: Amount = header + 160

    /// The names of a directory: each in its inode, and in the directory by hash and by number.
    static func names(_ shape: DirectoryShape) -> Amount {
        shape.count * (header + 10 + 2 * (header + 30)) + shape.nameBytes * 3
    }

    /// Content, or a link's target, in the tree, and what is left over of a leaf because the next one does not fit.
    static func inlineContent(_ length: Amount) -> Amount {
        let item = header + 21 + length
        return item + item * item / (2 * nodeCapacity)
    }

    /// The items of extents: in the file; in the extent tree, in random order; and of checksums, four bytes for 4 KiB.
    static func extents(_ shape: FileShape) -> Amount {
        let extents = shape.pieces + shape.data / longestExtent
        let inTree = (header + 53) * 5 / 4
        return extents * (header + 53 + inTree + header) + shape.data / 4096 * 4
    }

    static func attributes(_ count: Amount, _ bytes: Amount) -> Amount { count * (header + 30) + bytes }

    /// The nodes for this many bytes of items, twice, with the nodes above them and their own entries in the extent
    /// tree.
    ///
    /// What is appended fills its leaves; names arrive in the middle of the tree and split leaves. Measured were
    /// fillings of 97 and 86 %: neighbours take over items before a leaf is split. On a busy machine, where more
    /// transactions end in between, names filled theirs by 2 % less.
    ///
    /// - Parameters:
    ///   - items: Bytes of all items.
    ///   - isAppended: Whether they arrive in order.
    /// - Returns: Bytes of all nodes.
    static func nodes(_ items: Amount, isAppended: Bool) -> Amount {
        guard items > 0 else { return 0 }
        let leaves = SplitTree.roundedUp(items * (isAppended ? 1030 : 1250), nodeCapacity * 1000) + 1
        let inner = SplitTree.roundedUp(leaves, 200)
        let entries = SplitTree.roundedUp((leaves + inner) * 58, nodeCapacity)
        return (leaves + inner + entries) * node * 2
    }
}
