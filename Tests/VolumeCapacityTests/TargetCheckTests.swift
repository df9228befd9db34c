import Testing
import VolumeAccess

@testable import VolumeCapacity

/// An empty ext4 target of 1 MiB with 100 inodes that can keep everything.
func roomyTarget() -> TargetFacts {
    var space = UsableSpace()
    space.type = "ext4"
    space.totalBytes = 1 << 20
    space.freeBytes = 1 << 20
    space.totalInodes = 100
    space.freeInodes = 100
    return TargetFacts(space: space, abilities: FileSystemAbilities(), isEmpty: true)
}

@Suite("TargetCheck")
struct TargetCheckTests {
    private let demand = TargetCheck.Demand(bytes: 1 << 20, inodes: 100)

    @Test("what fits exactly, fits; one more does not")
    func space() {
        #expect(TargetCheck(tree: nil, demand: demand, target: roomyTarget()).isClean)
        let more = TargetCheck.Demand(bytes: 1 << 20 + 1, inodes: 101)
        let check = TargetCheck(tree: nil, demand: more, target: roomyTarget())
        #expect(!check.fits)
        #expect(
            check.findings.map(\.text) == [
                "1048577 bytes needed, 1048576 free: 1 byte short",
                "101 inodes needed, 100 free: 1 short",
            ]
        )
    }

    @Test("a quota that binds is named")
    func quota() {
        var target = roomyTarget()
        target.space.freeBytes = 4096
        target.space.quotaBytes = 4096
        let text = TargetCheck(tree: nil, demand: .init(bytes: 5000, inodes: 0), target: target).findings.map(\.text)
        #expect(text == ["5000 bytes needed, 4096 free (quota): 904 bytes short"])
        target.space.quotaBytes = 9000
        #expect(
            !TargetCheck(tree: nil, demand: .init(bytes: 5000, inodes: 0), target: target).findings[0].text.contains(
                "quota"
            )
        )
    }

    @Test("inodes that are made as needed are never missing, and less than nothing always fits")
    func dynamic() {
        var target = roomyTarget()
        target.space.freeInodes = nil
        target.space.freeBytes = 0
        #expect(TargetCheck(tree: nil, demand: .init(bytes: -5, inodes: 1 << 40), target: target).isClean)
    }

    @Test("each limit is compared with what the tree has")
    func limits() {
        var tree = TreeFacts()
        tree.longestName = 256
        tree.largestFile = 101
        tree.highestLinkCount = 4
        tree.symbolicLinks = 1
        tree.extraNames = 1
        tree.devices = 1
        tree.specials = 1
        var target = roomyTarget()
        #expect(TargetCheck(tree: tree, demand: demand, target: target).findings.count == 1)
        target.abilities.largestFile = 100
        target.abilities.linkLimit = 3
        target.abilities.symbolicLinks = false
        target.abilities.hardLinks = false
        target.abilities.devices = false
        target.abilities.pipes = false
        let check = TargetCheck(tree: tree, demand: demand, target: target)
        #expect(check.findings.count == 7)
        #expect(check.findings.allSatisfy { $0.severity == .doesNotFit })
        #expect(TargetCheck(tree: TreeFacts(), demand: demand, target: target).isClean)
    }

    @Test("alterations do not prevent a fit, and are listed last")
    func altered() {
        var tree = TreeFacts()
        tree.modificationTimes = -1...(1 << 40)
        tree.fineTimes = 1
        tree.highestOwner = 1000
        tree.sparseFiles = 1
        tree.longestName = 300
        var target = roomyTarget()
        target.abilities.timeGrain = 2_000_000_000
        target.abilities.earliestTime = 0
        target.abilities.latestTime = 1 << 32
        target.abilities.changesOwner = false
        target.abilities.keepsPermissions = false
        target.abilities.keepsHoles = false
        let check = TargetCheck(tree: tree, demand: demand, target: target)
        #expect(check.findings.map(\.severity) == [.doesNotFit] + Array(repeating: .alters, count: 6))
        tree.longestName = 200
        #expect(TargetCheck(tree: tree, demand: demand, target: target).fits)
    }

    @Test("unknown limits do not count against a target")
    func unknown() {
        var tree = TreeFacts()
        tree.largestFile = .max
        tree.devices = 5
        tree.modificationTimes = .min...(.max)
        tree.fineTimes = 7
        #expect(TargetCheck(tree: tree, demand: demand, target: roomyTarget()).isClean)
    }
}

@Suite("PassMeter")
struct PassMeterTests {
    private func meter() -> PassMeter { PassMeter([TargetProfile(.ext4)]) }

    @Test("a replaced file needs its growth, and temporarily all of its size, but in place only its growth")
    func replaced() {
        var meter = meter()
        meter.addChanged(size: 40_960, allocatedBefore: 40_960)
        meter.addChanged(size: 81_920, allocatedBefore: 40_960)
        #expect(meter.demand(.usual).bytes == Amount(40_960 + 81_920))
        #expect(meter.demand(.deleteFirst).bytes == Amount(40_960 + 81_920))
        #expect(meter.demand(.inPlace).bytes == 40_960)
        #expect(meter.demand(.usual).inodes == 2)
        #expect(meter.demand(.inPlace).inodes == 0)
    }

    @Test("a replaced file that has further names keeps its inode; four threads stage one file each")
    func stagedInodes() {
        var meter = meter()
        for _ in 0..<10 { meter.addChanged(size: 3000, allocatedBefore: 0, staysBehind: true) }
        #expect(meter.demand(.usual).inodes == 14)
        #expect(meter.demand(.inPlace).inodes == 10)
    }

    @Test("what is deleted counts only where it goes first, and where it goes at all")
    func deleted() {
        var meter = meter()
        meter.addNew(Array("a/new".utf8), .file, size: 8192)
        meter.addRemoved(allocated: 4096)
        let usual = meter.demand(.usual)
        #expect(usual.bytes >= 8192 && usual.bytes <= 8192 + 4096)
        #expect(usual.inodes == 1)
        #expect(meter.demand(.deleteFirst).bytes == usual.bytes - 4096)
        #expect(meter.demand(.deleteFirst).inodes == 0)
        #expect(meter.demand(.deleteFirst, deleting: false) == usual)
    }

    @Test("small files first: files that became shorter free space before the large ones come, in any name order")
    func smallestFirst() {
        var meter = meter()
        meter.addNew(Array("large".utf8), .file, size: 1 << 20)
        for _ in 0..<4 { meter.addChanged(size: 4096, allocatedBefore: 256 << 10) }
        let usual = meter.demand(.usual).bytes
        #expect(usual >= 1 << 20)
        #expect(meter.demand(.deleteFirst).bytes == usual)
        // One small temporary, the directory's block, and what the large file takes beyond four times 252 KiB.
        #expect(meter.demand(.smallestFirst).bytes <= 16 << 10 + 4096 * 2)
        #expect(meter.demand(.smallestFirst).bytes >= 16 << 10)
        // The other way about nothing is gained: the large one shrinks last.
        var late = self.meter()
        late.addNew(Array("small".utf8), .file, size: 64 << 10)
        late.addChanged(size: 1 << 20, allocatedBefore: 2 << 20)
        #expect(late.demand(.smallestFirst).bytes >= (1 << 20) + (64 << 10))
    }

    @Test("holes take space only where files are written in place")
    func holes() {
        var meter = meter()
        meter.addNew(Array("sparse".utf8), .file, size: 1 << 30, stored: 8192)
        #expect(meter.demand(.usual).bytes < 1 << 20)
        #expect(meter.demand(.inPlace).bytes >= 1 << 30)
    }

    @Test("replaced files take their own blocks, not an empty tree each", arguments: TargetProfile.FileSystem.allCases)
    func replacedFiles(fileSystem: TargetProfile.FileSystem) {
        var meter = PassMeter([TargetProfile(fileSystem)])
        for _ in 0..<1000 { meter.addChanged(size: 3000, allocatedBefore: 4096) }
        let demand = meter.demand(.usual)
        // The largest temporary, and on btrfs the entries in its trees.
        #expect(demand.bytes >= 4096)
        #expect(demand.bytes < 1 << 20)
        #expect(demand.inodes == 4)
    }
}
