import Foundation
import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@testable import VolumeAccess

@Suite("WriteClock")
struct WriteClockTests {
    @Test("a file is not opened in the tick of its time")
    func fresh() throws {
        let scratch = try Scratch()
        for _ in 0..<5 {
            try shell("echo content > \(scratch.path)/file")
            let modified = try #require(try scratch.root.status(of: "file".name.span)).modified
            _ = try scratch.root.openForReading("file".name.span, listedAs: modified)
            #expect(WriteClock.age(of: modified) >= WriteClock.tick)
        }
    }

    @Test("what is left of a tick is waited for although the clock stands still", arguments: [1, 20_000, 300_000])
    func remainder(left: Int64) {
        for _ in 0..<5 {
            let now = clockTime(CLOCK_REALTIME_COARSE)
            let nanoseconds = now.seconds * 1_000_000_000 + Int64(now.nanoseconds) - WriteClock.tick + left
            let modified = Timestamp(
                seconds: nanoseconds / 1_000_000_000,
                nanoseconds: Int32(nanoseconds % 1_000_000_000)
            )
            WriteClock.pass(modified)
            #expect(WriteClock.age(of: modified) >= WriteClock.tick)
        }
    }

    @Test(
        "a small file is read at once only if it has the length that it was listed with",
        arguments: [("12345", true), ("123456789", false), ("12", false)]
    )
    func listed(content: String, isWhole: Bool) throws {
        let scratch = try Scratch()
        try shell("printf \(content) > \(scratch.path)/file")
        var buffer = [UInt8](repeating: 0xFF, count: 5 + 1)
        var span = buffer.mutableSpan
        let file = try scratch.root.readListed("file".name.span, listedAs: Timestamp(seconds: 1), into: &span)
        #expect((file == nil) == isWhole)
        if isWhole { #expect(Array(buffer[..<5]) == Array("12345".utf8)) }
        #expect(file == nil || file?.status.size == Int64(content.utf8.count))
    }

    @Test(
        "what replaced an empty file is not sent as one",
        arguments: ["mknod %/file c 1 3", "mkfifo %/file", "mkdir %/file", "ln -s /dev/null %/file", "rm -f %/file"]
    )
    func replaced(command: String) throws {
        try #require(geteuid() == 0 || !command.hasPrefix("mknod"))
        let scratch = try Scratch()
        try shell(command.replacingOccurrences(of: "%", with: scratch.path))
        var buffer: [UInt8] = [0]
        #expect(throws: VolumeError.self) {
            var span = buffer.mutableSpan
            _ = try scratch.root.readListed("file".name.span, listedAs: Timestamp(seconds: 1), into: &span)
        }
        #expect(buffer == [0])
    }

    @Test("a time of long ago or of far ahead is not waited for", arguments: [-1 << 62, -3600, 1, 3600, 1 << 62])
    func distant(offset: Int) throws {
        let scratch = try Scratch()
        try shell("echo content > \(scratch.path)/file")
        let moment = Timestamp(seconds: Int64(time(nil) + offset), nanoseconds: 999_999_999)
        let start = ContinuousClock.now
        for _ in 0..<100 { _ = try scratch.root.openForReading("file".name.span, listedAs: moment) }
        #expect(ContinuousClock.now - start < .seconds(1))
    }

    @Test(
        "a time is truncated to what a file system keeps",
        arguments: [
            (1, 5, 123_456_789, 5, 123_456_789), (100, 5, 123_456_789, 5, 123_456_700),
            (1_000_000_000, 5, 123_456_789, 5, 0), (2_000_000_000, 5, 123_456_789, 4, 0),
            (2_000_000_000, -5, 1, -6, 0), (10_000_000, -5, 19_999_999, -5, 10_000_000),
            (2_000_000_000, Int64.min + 1, 1, Int64.min, 0), (3_000_000_000, Int64.min, 7, Int64.min, 7),
        ] as [(Int64, Int64, Int32, Int64, Int32)]
    )
    func cut(step: Int64, seconds: Int64, nanoseconds: Int32, cutSeconds: Int64, cutNanoseconds: Int32) {
        let cut = Timestamp(seconds: seconds, nanoseconds: nanoseconds).cut(to: step)
        #expect(cut == Timestamp(seconds: cutSeconds, nanoseconds: cutNanoseconds))
    }

    @Test("the grain is found without a name", .enabled(if: MountedVolume.isPossible(.tmpfs), "only root mounts"))
    func grain() throws {
        let disk = try MountedVolume(.ext4(["-I", "128"]), mebibytes: 16)
        let volume = try Volume.open(path: disk.path)
        #expect(volume.timeGrain(mayMakeNames: false) == 1_000_000_000)
        #expect(volume.knownTimeGrain.load(ordering: .relaxed) == 1_000_000_000)
    }
}
