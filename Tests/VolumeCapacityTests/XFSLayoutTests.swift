import Testing
import VolumeAccess

@testable import VolumeCapacity

@Suite("XFSLayout")
struct XFSLayoutTests {
    private func profile(_ blockSize: Int64) -> TargetProfile { TargetProfile(.xfs, blockSize: blockSize) }

    /// Names of a directory, all of the same length.
    private func shape(_ count: Int, _ length: Int) -> DirectoryShape {
        var shape = DirectoryShape()
        for _ in 0..<count { shape.add(nameLength: length) }
        return shape
    }

    @Test(
        "the map of the most extents has as many levels as transactions were seen to reserve for",
        arguments: [(1024, 9), (2048, 8), (4096, 6), (8192, 6), (16_384, 5), (65_536, 4)] as [(Int64, Int64)]
    )
    func height(blockSize: Int64, expected: Int64) {
        #expect(XFSLayout.extentMapHeight(Amount(blockSize)).value == expected)
    }

    @Test(
        "sets apart what a symbolic link, the names of two files and a write reserve at the same time",
        // The least blocks with which each went through on Linux 6.18, mkfs.xfs 6.1 -i nrext64=1.
        arguments: [
            (1024, 131, 91, 38 + 11), (2048, 93, 70, 22 + 10), (4096, 62, 49, 12 + 8), (8192, 58, 49, 8 + 8),
            (16_384, 49, 42, 6 + 7), (65_536, 41, 35, 5 + 6),
        ] as [(Int64, Int64, Int64, Int64)]
    )
    func reservations(blockSize: Int64, symbolicLink: Int64, name: Int64, file: Int64) {
        let reserved = XFSLayout.reservation(profile(blockSize)).value
        #expect(reserved >= symbolicLink + 2 * name + file)
        #expect(reserved <= symbolicLink + 2 * name + file + 24, "more than inode trees of the largest groups explain")
    }

    @Test(
        "directory blocks larger than blocks make a name cost more",
        // Link and rename were seen to reserve so much with mkfs.xfs -n size, 32-bit extent counts.
        arguments: [(1024, 8192, 98), (4096, 65_536, 140)] as [(Int64, Int64, Int64)]
    )
    func largeDirectoryBlocks(blockSize: Int64, directoryBlock: Int64, name: Int64) {
        var target = profile(blockSize)
        target.directoryBlock = Amount(directoryBlock)
        #expect(XFSLayout.reservation(target).value >= 3 * name)
        #expect(XFSLayout.directory(shape(13, 7), target).value == directoryBlock)
    }

    @Test("a target's own sizes count, unless they make no sense")
    func sizesOfTheTarget() {
        var space = UsableSpace()
        (space.type, space.blockSize) = ("xfs", 4096)
        (space.inodeSize, space.directoryBlockSize) = (2048, 16_384)
        var facts = TargetFacts(space: space, abilities: FileSystemAbilities(), isEmpty: true)
        #expect(facts.profiles[0].inodeSize == 2048)
        #expect(facts.profiles[0].directoryBlock == 16_384)
        for (inode, directory) in [(.max, .max), (-1, 0), (3000, 5000), (1 << 62, 1 << 62)] as [(Int64, Int64)] {
            (facts.space.inodeSize, facts.space.directoryBlockSize) = (inode, directory)
            #expect(facts.profiles[0].inodeSize == 512)
            #expect(facts.profiles[0].directoryBlock == 4096)
        }
    }

    @Test(
        "a directory is in its inode up to 192 bytes, beside the space for attributes",
        arguments: [(1, 150, 0), (1, 180, 4096), (12, 7, 0), (13, 7, 4096), (22, 7, 4096)] as [(Int, Int, Int64)]
    )
    func smallDirectories(count: Int, length: Int, expected: Int64) {
        #expect(XFSLayout.directory(shape(count, length), profile(4096)).value == expected)
    }

    @Test(
        "twelve extents are in the inode, a thirteenth brings a block",
        arguments: [(12, 0), (13, 4096)] as [(Int64, Int64)]
    )
    func extents(pieces: Int64, expected: Int64) {
        let shape = FileShape(data: Amount(pieces * 4096), pieces: Amount(pieces))
        #expect(XFSLayout.extentMap(shape, profile(4096)).value == expected)
    }
}
