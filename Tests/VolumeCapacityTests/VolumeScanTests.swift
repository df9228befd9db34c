import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing
import VolumeAccess
import VolumeCapacity

@Suite("VolumeScan")
struct VolumeScanTests {
    let directory: TemporaryDirectory
    let volume: Volume

    init() throws {
        directory = try TemporaryDirectory(parent: "/dev/shm")
        volume = try Volume.open(path: directory.path)
    }

    private func write(_ name: String, _ count: Int) throws {
        let file = URL(fileURLWithPath: directory.file(name))
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(repeating: 7, count: count).write(to: file)
    }

    private func need(_ kind: TargetProfile.FileSystem, blockSize: Int64 = 4096, holes: Bool = true) throws -> SpaceNeed
    {
        var target = TargetProfile(kind, blockSize: blockSize)
        target.keepsHoles = holes
        return try VolumeScan.run(volume, for: [target]).needs[0]
    }

    @Test("counts every kind once, and the further names of a file apart", arguments: [1, 2, 7])
    func counts(threads: Int) throws {
        for group in 0..<30 {
            for number in 0..<20 { try write("f\(group)/g/file\(number)", 5000) }
        }
        for group in 1..<11 { link(directory.file("f0/g/file0"), directory.file("f\(group)/other")) }
        symlink("somewhere", directory.file("link"))
        mkfifo(directory.file("pipe"), 0o644)
        try write("lost+found/not mine", 9000)
        let tree = try VolumeScan.run(volume, for: [], threads: threads).tree
        #expect(tree.files == 600)
        #expect(tree.directories == 61)
        #expect(tree.symbolicLinks == 1)
        #expect(tree.specials == 1)
        #expect(tree.extraNames == 10)
        #expect(tree.apparentBytes == 600 * 5000)
        #expect(tree.highestLinkCount == 11)
        #expect(tree.longestPath == Int64("f29/g/file19".count))
        #expect(tree.inodes == 663)
        #expect(tree.unreadable == 0)
    }

    @Test(
        "counts data in the blocks of the target",
        arguments: [(1024, 1 + 2 + 1), (4096, 3), (65_536, 3)] as [(Int64, Int64)]
    )
    func blocks(size: Int64, expected: Int64) throws {
        try write("one", 1)
        try write("two", Int(1025))
        try write("three", 1000)
        #expect(try need(.ext4, blockSize: size).fileData == Amount(expected * size))
    }

    @Test("keeps holes or fills them", arguments: [(true, 2 * 4096), (false, 1_048_576 + 8192)] as [(Bool, Int64)])
    func holes(keeps: Bool, expected: Int64) throws {
        try write("sparse", 10)
        let file = open(directory.file("sparse"), O_WRONLY)
        defer { close(file) }
        #expect(pwrite(file, "x", 1, 1_048_576 + 4096) == 1)
        #expect(try need(.xfs, holes: keeps).fileData == Amount(expected))
    }

    @Test("puts small content and short targets where the file system does")
    func insideInodes() throws {
        try write("small", 2048)
        symlink(String(repeating: "t", count: 59), directory.file("short"))
        symlink(String(repeating: "t", count: 60), directory.file("long"))
        #expect(try need(.ext4).symbolicLinks == 4096)
        #expect(try need(.xfs).symbolicLinks == 0)
        #expect(try need(.btrfs).fileData == 0)
        #expect(try need(.ext4).largestTemporary == 4096)
    }

    @Test("sums that would overflow stop")
    func hugeLengths() throws {
        for number in 0..<3 {
            let file = open(directory.file("huge\(number)"), O_WRONLY | O_CREAT, 0o644)
            defer { close(file) }
            #expect(ftruncate(file, 1 << 62) == 0)
        }
        let scan = try VolumeScan.run(
            volume,
            for: TargetProfile.unknown().map { target in
                var target = target
                target.keepsHoles = false
                return target
            }
        )
        #expect(scan.tree.apparentBytes == .max)
        #expect(!scan.needs.isEmpty && scan.needs.allSatisfy { $0.bytes >= Amount(1 << 62) })
    }

    /// How often a scan has asked whether to give up.
    private final class Questions: Sendable {
        private let number = Atomic(0)
        func ask() -> Int { number.add(1, ordering: .relaxed).newValue }
    }

    @Test("a scan that is stopped goes no deeper, and says that it was stopped")
    func stopped() throws {
        let path = Array(repeating: "d", count: 200).joined(separator: "/")
        try FileManager.default.createDirectory(atPath: directory.file(path), withIntermediateDirectories: true)
        let questions = Questions()
        #expect(throws: CapacityError.stopped) {
            try VolumeScan.run(volume, for: []) { questions.ask() > 3 }
        }
        // Once for each of the four directories, and once at the end.
        #expect(questions.ask() == 6)
    }

    @Test("refuses a root that is gone")
    func unreadable() throws {
        try FileManager.default.createDirectory(atPath: directory.file("a"), withIntermediateDirectories: true)
        let inner = try volume.volume(at: Array("a".utf8).span)
        rmdir(directory.file("a"))
        #expect(throws: CapacityError.self) { try VolumeScan.run(inner, for: []) }
    }
}

@Suite("Forecast")
struct ForecastTests {
    private func forecast(_ sizes: [Int], on targets: [TargetProfile]) throws -> Forecast {
        let directory = try TemporaryDirectory(parent: "/dev/shm")
        for (number, size) in sizes.enumerated() {
            try Data(repeating: 1, count: size).write(to: URL(fileURLWithPath: directory.file("f\(number)")))
        }
        return try Forecast.of(Volume.open(path: directory.path), on: targets)
    }

    @Test("proposes multiples, never less than was provisioned")
    func rounding() throws {
        let forecast = try forecast([1000, 20_000_000], on: [TargetProfile(.ext4)])
        let free = forecast.proposal(round: 1 << 20)
        #expect(free.bytes % (1 << 20) == 0)
        #expect(free.fits == nil)
        #expect(forecast.candidates[0].fits(in: Amount(free.bytes)))
        #expect(!forecast.candidates[0].fits(in: Amount(free.bytes) - (1 << 20)))
        let given = forecast.proposal(round: 1 << 30, requested: 1 << 30, provisioned: 5 << 30)
        #expect(given.bytes == 5 << 30)
        #expect(given.fits == true)
        #expect(forecast.proposal(round: 1, provisioned: 30_000_000).fits == false)
    }

    @Test("takes the file system that needs most when it is not known")
    func unknown() throws {
        let forecast = try forecast([100, 3000], on: TargetProfile.unknown())
        #expect(forecast.candidates.count == 3)
        #expect(forecast.proposal(round: 1 << 20).bytes >= 300 << 20)  // XFS begins there
    }

    @Test("adds as much growth as there was since the last pass")
    func growth() throws {
        let forecast = try forecast([50_000_000], on: [TargetProfile(.ext4)])
        let now = forecast.worst.need.bytes.value
        #expect(forecast.proposal(round: 1, previous: now - 7_000_000).growth == 7_000_000)
        #expect(forecast.proposal(round: 1, previous: now + 7_000_000).growth == 0)
        let still = forecast.proposal(round: 1).bytes
        #expect(forecast.proposal(round: 1, previous: now - 7_000_000).bytes >= still + 7_000_000)
    }

    @Test(
        "knows what a new file system offers",
        arguments: [
            (TargetProfile.FileSystem.ext4, 64, 50.23, 16_373), (.ext4, 256, 213.10, 65_525),
            (.ext4, 512, 451.35, 32_757),
            (.ext4, 10_240, 9451.25, 655_349), (.ext4, 1_024_000, 955_612.12, 65_535_989), (.xfs, 300, 219.09, 153_597),
            (.xfs, 1024, 921.03, 524_285), (.xfs, 102_400, 101_590.24, 52_428_797), (.btrfs, 128, 47.00, 0),
            (.btrfs, 1024, 904.62, 0), (.btrfs, 10_240, 9711.00, 0),
        ] as [(TargetProfile.FileSystem, Int64, Double, Int64)]
    )
    func emptyFileSystems(kind: TargetProfile.FileSystem, size: Int64, available: Double, inodes: Int64) {
        // What statvfs(3) said after mkfs; mke2fs makes blocks of 1024 bytes below 512 MiB.
        let target = TargetProfile(kind, blockSize: kind == .ext4 && size < 512 ? 1024 : 4096)
        let empty = EmptyFileSystem(size: Amount(size << 20), target: target)
        let usable = Double(empty.usableBytes.value) / 1_048_576
        #expect(usable <= available)
        #expect(usable >= available * 0.97 - 18)
        if kind != .btrfs {
            #expect(empty.usableInodes <= Amount(inodes) && empty.usableInodes >= Amount(inodes - inodes / 50))
        }
    }
}
