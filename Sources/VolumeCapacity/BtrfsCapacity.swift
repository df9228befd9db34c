import VolumeAccess

/// Whether content and trees find space on btrfs, each in its own chunks or in new ones.
///
/// Content and trees take new chunks from the same space, in an unknown order; both orders have to fit.
/// The sizes and thresholds are those of Linux 5.10 to 6.18, and were compared with real file systems that were filled.
struct BtrfsCapacity {
    private let freeContent: Amount
    private let trees: Amount
    private let usedTrees: Amount
    private let reserve: Amount
    private let copies: Amount
    /// What no chunk has yet, as free bytes count it.
    private let unallocated: Amount
    /// The size of a new chunk; one of trees takes as much for each copy.
    private let chunk: Amount

    /// Trees refuse further entries before the last bytes of theirs are used: 3.8 MiB were left in trials.
    private static let reservation: Amount = 6 << 20
    /// A small file takes a block of content for a moment, before it is put into a tree.
    private static let passage: Amount = 1 << 20

    init(_ space: BtrfsSpace, total: Amount, free: Amount) {
        freeContent = Amount(space.freeContent)
        trees = Amount(space.trees)
        usedTrees = Amount(space.usedTrees)
        reserve = Amount(space.reserve)
        copies = Amount(space.copies)
        unallocated = max(0, free - freeContent)
        let unit: Amount = 16 << 20
        let largest: Amount = total > 50 << 30 ? 1 << 30 : 256 << 20
        chunk = max(unit, min(largest, (total / 10).roundedUp(to: unit)))
    }

    /// What has to be free for a demand: when it is, there is space.
    func needed(for demand: TargetCheck.Demand) -> Amount {
        // The layout assumes two copies.
        let newTrees = demand.treeBytes / 2
        let content = max(0, demand.bytes - demand.treeBytes) + Self.passage
        let contentBeyond = max(0, content - freeContent)
        let (least, most) = chunks(for: newTrees, content: content)
        guard contentBeyond > 0 else {
            // Free space in chunks of content is of no use to trees.
            return least > 0 ? max(content, freeContent) + least : content
        }
        let treesFirst = content + min(most, unallocated)
        let contentFirst = least > 0 ? freeContent + roundedUp(contentBeyond) + least : content
        return max(treesFirst, contentFirst)
    }

    /// What trees take of the unallocated space: the least they can do with, and the most they may take.
    private func chunks(for newTrees: Amount, content: Amount) -> (least: Amount, most: Amount) {
        // The reserve grows with the trees that find content and its checksums.
        let growth = min(newTrees, content / 256, max(0, (512 << 20) - reserve))
        let space = trees - usedTrees - reserve
        let least = max(0, newTrees + growth + Self.reservation - space) * copies
        // A new chunk is taken when four fifths are used.
        let isFilling = (usedTrees + newTrees + (2 << 20)) / 4 >= trees / 5
        return (least, isFilling ? max(roundedUp(least), chunk * copies) : roundedUp(least))
    }

    private func roundedUp(_ bytes: Amount) -> Amount { (bytes + chunk - 1) / chunk * chunk }
}
