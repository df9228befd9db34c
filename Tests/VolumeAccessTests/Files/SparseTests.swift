import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import VolumeAccess

@Suite("Sparse files")
struct SparseTests {
    /// The rule of transfer 14.4, byte by byte.
    static func expectedRuns(_ bytes: [UInt8]) -> [Range<Int>] {
        guard let first = bytes.firstIndex(where: { $0 != 0 }), let last = bytes.lastIndex(where: { $0 != 0 }) else {
            return []
        }
        var runs: [Range<Int>] = []
        var start = first
        var index = first
        while index <= last {
            guard bytes[index] == 0 else {
                index += 1
                continue
            }
            var end = index
            while bytes[end] == 0 { end += 1 }
            if end - index >= 1024 {
                runs.append(start..<index)
                start = end
            }
            index = end
        }
        return runs + [start..<last + 1]
    }

    static func runs(_ bytes: [UInt8]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var runs = ZeroRuns(bytes.span)
        while let range = runs.next() { result.append(range) }
        return result
    }

    @Test("finds the runs that the slow way finds", arguments: 0..<200)
    func runs(_ seed: UInt64) {
        var random = seed &* 7919 &+ 13
        func next(_ bound: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % bound
        }
        var bytes: [UInt8] = []
        for _ in 0..<next(8) {
            bytes += [UInt8](repeating: 0, count: [0, 1, 63, 64, 511, 1022, 1023, 1024, 1025, 1535, 4096][next(11)])
            bytes += noise([0, 1, 2, 63, 64, 65, 511, 512, 513][next(9)] + next(3), seed: random)
        }
        if next(2) == 0 { bytes += [UInt8](repeating: 0, count: next(3000)) }
        #expect(SparseTests.runs(bytes) == SparseTests.expectedRuns(bytes))
    }

    @Test("writes holes, and reads back the same", arguments: [0, 1, 5000, 65536, 70000])
    func roundTrip(_ tail: Int) throws {
        let scratch = try Scratch()
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        let data = noise(8192)
        let staged = try scratch.root.stage("f".name.span, replacing: false)
        try staged.writeSparse(zeros.span)
        try staged.writeSparse(data.span)
        try staged.writeSparse((zeros + data + zeros).span)
        try staged.writeSparse(zeros.span.extracting(first: tail))
        #expect(staged.length == Int64(3 << 20) + 16384 + Int64(tail))
        #expect(try staged.commit(FileAttributes()).isEmpty)
        let expected = zeros + data + zeros + data + zeros + zeros.prefix(tail)
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.directory.file("f"))) == Data(expected))
        #expect(try scratch.root.status(of: "f".name.span)?.blocks == 16384 / 512)
        let file = try scratch.root.openForReading("f".name.span)
        #expect(try file.nextData(from: 0) == 1 << 20)
        #expect(try file.nextHole(from: 1 << 20) == 1 << 20 + 8192)
        #expect(try file.nextData(from: Int64(2 << 20) + 16384) == nil)
        #expect(try file.nextHole(from: staged.length) == nil)
    }

    @Test("gathers stretches, more than one call takes, with holes and without", arguments: 0..<20, [false, true])
    func gathering(_ seed: Int, isSparse: Bool) throws {
        let scratch = try Scratch()
        var expected: [UInt8] = []
        let staged = try scratch.root.stage("f".name.span, replacing: false)
        for round in 0..<3 {
            // Every third time thousands of short stretches, among them empty ones.
            let lengths = round == 1 ? (0..<3000).map { $0 % 7 } : [40_000, 0, 1, 4096, 70_000]
            let pieces = lengths.enumerated().map { index, length in
                index % 3 == seed % 3 ? [UInt8](repeating: 0, count: length) : noise(length, seed: UInt64(seed + index))
            }
            let memory = pieces.map { MemorySlice(copying: $0.span) }
            if isSparse { try staged.writeSparse(gathering: memory) } else { try staged.write(gathering: memory) }
            expected += pieces.joined()
            #expect(staged.length == Int64(expected.count))
        }
        #expect(try staged.commit(FileAttributes()).isEmpty)
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.directory.file("f"))) == Data(expected))
    }

    @Test("says how far it came when the file system is full", arguments: [false, true])
    func fullWhileGathering(isSparse: Bool) throws {
        let mounted = try MountedFileSystem(tmpfs: "size=1m")
        let volume = try Volume.open(path: mounted.path)
        let staged = try volume.root.stage("f".name.span, replacing: false)
        let pieces = (0..<4).map { MemorySlice(copying: noise(300_000, seed: UInt64($0)).span) }
        let error = #expect(throws: VolumeError.self) {
            if isSparse { try staged.writeSparse(gathering: pieces) } else { try staged.write(gathering: pieces) }
        }
        #expect(error?.isOutOfSpace == true)
        #expect(staged.length == 1 << 20)
        staged.discard()
    }

    /// In the kernel; ranges refused; holes unknown; both.
    static let ways: [[SystemCallFault]] = [
        [], [SystemCallFault(.copyFileRange, EXDEV)], [SystemCallFault(.lseek, EINVAL, argument: (2, 7))],
        [SystemCallFault(.copyFileRange, ENOSYS), SystemCallFault(.ioctl, ENOTTY)],
        [SystemCallFault(.lseek, EINVAL, argument: (2, 3))],  // data unknown, holes known
    ]

    @Test(
        "copies whole files with their holes",
        arguments: ["", "d", "h", "dh", "hd", "hdh", "dhdhd", "DhD"],
        ways.indices
    )
    func copies(_ pattern: String, _ way: Int) throws {
        let scratch = try Scratch()
        let source = try scratch.root.stage("source".name.span, replacing: false)
        let large = pattern.contains("D") ? noise(65537) : []
        for piece in pattern {
            switch piece {
            case "d": try source.write(noise(12_288).span)
            case "D": for _ in 0..<145 { try source.write(large.span) }
            default: source.skip(zeros: 3 << 20)
            }
        }
        _ = try source.commit(FileAttributes())
        let copied = try onThread(failing: SparseTests.ways[way]) {
            let file = try scratch.root.openForReading("source".name.span)
            let staged = try scratch.root.stage("copy".name.span, replacing: false)
            let copied = try staged.copyWhole(from: file)
            _ = try staged.commit(FileAttributes())
            return copied
        }
        #expect(copied == source.length)
        try shell("cmp \(scratch.directory.file("source")) \(scratch.directory.file("copy"))")
        if way != 2 && way != 4 { #expect(scratch.status("copy").st_blocks == scratch.status("source").st_blocks) }
    }

    @Test("copies what is there, of a file that shrank or grew after it was opened", arguments: ["h", "d"], 0..<2)
    func changedMeanwhile(_ pattern: String, _ way: Int) throws {
        for size in [0, 5000, 5 << 20, 20 << 20] {
            let scratch = try Scratch()
            let source = try scratch.root.stage("source".name.span, replacing: false)
            for _ in 0..<2 { try source.write(noise(65537).span) }
            if pattern == "h" { source.skip(zeros: 10 << 20) }
            _ = try source.commit(FileAttributes())
            let copied = try onThread(failing: SparseTests.ways[way]) {
                let file = try scratch.root.openForReading("source".name.span)
                try shell("truncate -s \(size) \(scratch.directory.file("source"))")
                let staged = try scratch.root.stage("copy".name.span, replacing: false)
                let copied = try staged.copyWhole(from: file)
                _ = try staged.commit(FileAttributes())
                return copied
            }
            #expect(copied == Int64(size))
            try shell("cmp \(scratch.directory.file("source")) \(scratch.directory.file("copy"))")
        }
    }

    @Test("copies between file systems, and to ext4 with holes")
    func copyToExt4() throws {
        let mounted = try MountedFileSystem(ext4: 64 << 20)
        let volume = try Volume.open(path: mounted.path)
        let scratch = try Scratch()
        let source = try scratch.root.stage("source".name.span, replacing: false)
        try source.write(noise(65536).span)
        source.skip(zeros: 8 << 20)
        try source.write(noise(65536).span)
        source.skip(zeros: 1 << 20)
        _ = try source.commit(FileAttributes())
        let staged = try volume.root.stage("copy".name.span, replacing: false)
        try staged.copyWhole(from: try scratch.root.openForReading("source".name.span))
        _ = try staged.commit(FileAttributes(modified: Timestamp(seconds: -1, nanoseconds: 1)))
        try shell("cmp \(scratch.directory.file("source")) \(mounted.path)/copy")
        let status = try #require(try volume.root.status(of: "copy".name.span))
        #expect(status.blocks == 2 * 65536 / 512)
        #expect(status.modified == Timestamp(seconds: -1, nanoseconds: 1))
    }
}
