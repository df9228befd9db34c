import Testing
import VolumeAccess

@testable import VolumeCapacity

@Suite("Amount")
struct AmountTests {
    private static let ends: [Int64] = [.min, .min + 1, -1, 0, 1, 2, 4096, 1 << 62, .max - 1, .max]

    @Test("sums, differences and products stop where 64 bits end", arguments: ends, ends)
    func arithmetic(left: Int64, right: Int64) {
        let (one, other) = (Amount(left), Amount(right))
        #expect((one + other).value == Int64(clamping: Int128(left) + Int128(right)))
        #expect((one - other).value == Int64(clamping: Int128(left) - Int128(right)))
        #expect((one * other).value == Int64(clamping: Int128(left) * Int128(right)))
        #expect((one / other).value == (right == 0 ? .max : Int64(clamping: Int128(left) / Int128(right))))
    }

    @Test("a whole number of blocks never wraps", arguments: [0, 1, 4096, 4097, Int64.max - 1, .max])
    func blocks(bytes: Int64) {
        let rounded = Amount(bytes).roundedUp(to: 4096).value
        // The last whole block that 64 bits can count ends below their end.
        let last = Int64.max / 4096 * 4096
        #expect(rounded == (bytes > last ? last : (bytes + 4095) / 4096 * 4096))
    }

    @Test("files of any length saturate to a need that never fits", arguments: TargetProfile.FileSystem.allCases)
    func hugeFiles(kind: TargetProfile.FileSystem) {
        var target = TargetProfile(kind)
        target.keepsHoles = false
        var meter = SpaceMeter(target)
        for size: Int64 in [5 << 60, 5 << 60, .max, .max] { meter.addFile(size: Amount(size)) }
        var space = UsableSpace()
        space.type = kind.rawValue
        (space.totalBytes, space.freeBytes) = (TargetFacts.largestFigure, TargetFacts.largestFigure)
        let facts = TargetFacts(space: space, abilities: FileSystemAbilities(), isEmpty: true)
        let need = meter.total
        let demand = TargetCheck.Demand(bytes: need.bytesWhileUpdating, inodes: need.inodes)
        #expect(!facts.hasSpace(for: demand))
        #expect(!TargetCheck(tree: nil, demand: demand, target: facts).fits)
        let candidate = Forecast.Candidate(target: target, need: need)
        #expect(candidate.smallestSize(growth: 0, round: 1 << 30) >= Amount(TargetFacts.largestFigure))
    }

    @Test("btrfs without a size, or with full trees, has no space and no crash", arguments: [0, 1, Int64.max])
    func btrfs(total: Int64) {
        var space = UsableSpace()
        space.type = "btrfs"
        space.totalBytes = total
        let demand = TargetCheck.Demand(bytes: 1 << 40, inodes: 1, treeBytes: 1 << 39)
        for trees: Int64 in [0, 1 << 30, .max] {
            space.btrfs = BtrfsSpace(freeContent: 0, trees: trees, usedTrees: trees, reserve: .max, copies: 4)
            let facts = TargetFacts(space: space, abilities: FileSystemAbilities(), isEmpty: true)
            #expect(!facts.hasSpace(for: demand))
        }
    }
}
