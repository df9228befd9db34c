import TestSupport
import Testing
import VolumeAccess

@testable import VolumeCapacity

@Suite("BtrfsCapacity")
struct BtrfsCapacityTests {
    private let mebibyte: Int64 = 1 << 20

    /// 512 MiB as mkfs.btrfs makes them: trees have 32 MiB, of which the reserve takes 5; the rest is as told.
    private func target(freeContent: Int64, unallocated: Int64, usedTrees: Int64 = 0) -> TargetFacts {
        var space = UsableSpace()
        space.type = "btrfs"
        space.totalBytes = 512 * mebibyte
        space.freeBytes = (freeContent + unallocated) * mebibyte
        space.btrfs = BtrfsSpace(
            freeContent: freeContent * mebibyte,
            trees: 32 * mebibyte,
            usedTrees: usedTrees * mebibyte,
            reserve: 5 * mebibyte,
            copies: 2
        )
        return TargetFacts(space: space, abilities: FileSystemAbilities(), isEmpty: true)
    }

    /// A demand in MiB; trees are counted twice, as the layout does.
    private func demand(content: Int64, trees: Int64) -> TargetCheck.Demand {
        TargetCheck.Demand(
            bytes: Amount((content + trees * 2) * mebibyte),
            inodes: 0,
            treeBytes: Amount(trees * 2 * mebibyte)
        )
    }

    @Test(
        "trees fill their own space first, and content cannot take it",
        arguments: [
            // content, trees; free in chunks of content, unallocated; fits
            (0, 20, 2, 0, true), (0, 20, 0, 0, false), (10, 20, 12, 0, true), (12, 20, 12, 0, false),
            // Trees beyond their space take new chunks, twice, and never those of content.
            (0, 30, 200, 0, false), (0, 30, 2, 17, false), (0, 30, 2, 19, true), (150, 30, 200, 20, true),
            // Whichever comes first, the other has to find space too.
            (50, 30, 10, 60, false), (50, 30, 10, 170, true),
        ] as [(Int64, Int64, Int64, Int64, Bool)]
    )
    func space(content: Int64, trees: Int64, freeContent: Int64, unallocated: Int64, fits: Bool) {
        let target = target(freeContent: freeContent, unallocated: unallocated)
        #expect(target.hasSpace(for: demand(content: content, trees: trees)) == fits)
    }

    @Test("what trees have used already is gone")
    func used() {
        let wanted = demand(content: 0, trees: 10)
        #expect(target(freeContent: 2, unallocated: 0, usedTrees: 10).hasSpace(for: wanted))
        #expect(!target(freeContent: 2, unallocated: 0, usedTrees: 20).hasSpace(for: wanted))
    }

    @Test(
        "a real one reports its trees' space separately from the free space",
        .enabled(if: MountedVolume.isPossible(.btrfs))
    )
    func real() throws {
        let disk = try MountedVolume(.btrfs, mebibytes: 256)
        let space = try Volume.open(path: disk.path).usableSpace()
        let btrfs = try #require(space.btrfs)
        #expect(btrfs.copies == 2)
        #expect(btrfs.trees == 32 << 20)
        #expect((1..<1 << 20).contains(btrfs.usedTrees))
        #expect(btrfs.reserve > 0)
        #expect(btrfs.freeContent > 0 && btrfs.freeContent < space.freeBytes)
    }
}
