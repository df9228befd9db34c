import VolumeAccess

/// Whether content and trees find room on btrfs, each in its own chunks or in new ones.
///
/// Content and trees take new chunks from the same space, in an order that nobody knows; both orders have to end well.
/// The sizes and thresholds are those of Linux 5.10 to 6.18, and were compared with real file systems that were filled.
struct BtrfsRoom {
    private let space: BtrfsSpace
    /// What no chunk has yet, as free bytes count it.
    private let unallocated: Int64
    /// The size of a new chunk; one of trees takes as much for each copy.
    private let chunk: Int64

    /// Trees refuse further entries before the last bytes of theirs are used: 3.8 MiB were left in trials.
    private static let reservation: Int64 = 6 << 20
    /// A small file takes a block of content for a moment, before it is put into a tree.
    private static let passage: Int64 = 1 << 20

    init(_ space: BtrfsSpace, total: Int64, free: Int64) {
        self.space = space
        unallocated = max(0, free - space.freeContent)
        let unit: Int64 = 16 << 20
        let largest: Int64 = total > 50 << 30 ? 1 << 30 : 256 << 20
        chunk = min(largest, (total / 10 + unit - 1) / unit * unit)
    }

    /// What has to be free for a demand: when it is, there is room.
    func needed(for demand: TargetCheck.Demand) -> Int64 {
        // The layout reckons with two copies.
        let trees = demand.treeBytes / 2
        let content = max(0, demand.bytes - demand.treeBytes) + Self.passage
        let contentBeyond = max(0, content - space.freeContent)
        let (least, most) = chunks(for: trees, content: content)
        guard contentBeyond > 0 else {
            // Free room in chunks of content is of no use to trees.
            return least > 0 ? max(content, space.freeContent) + least : content
        }
        let treesFirst = content + min(most, unallocated)
        let contentFirst = least > 0 ? space.freeContent + roundedUp(contentBeyond) + least : content
        return max(treesFirst, contentFirst)
    }

    /// What trees take of the unallocated space: the least they can do with, and the most they may take.
    private func chunks(for trees: Int64, content: Int64) -> (least: Int64, most: Int64) {
        // The reserve grows with the trees that find content and its checksums.
        let growth = min(trees, content / 256, max(0, (512 << 20) - space.reserve))
        let room = space.trees - space.usedTrees - space.reserve
        let least = max(0, trees + growth + Self.reservation - room) * space.copies
        // A new chunk is taken when four fifths are used.
        let isFilling = (space.usedTrees + trees + (2 << 20)) / 4 >= space.trees / 5
        return (least, isFilling ? max(roundedUp(least), chunk * space.copies) : roundedUp(least))
    }

    private func roundedUp(_ bytes: Int64) -> Int64 { (bytes + chunk - 1) / chunk * chunk }
}
