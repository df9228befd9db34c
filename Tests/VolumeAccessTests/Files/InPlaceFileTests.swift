import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import VolumeAccess

@Suite("InPlaceFile")
struct InPlaceFileTests {
    @Test("changes, shortens and lengthens a file in place", arguments: [Int64(3), 8, 4096])
    func changes(_ length: Int64) throws {
        let scratch = try Scratch()
        try scratch.write("abcdef", to: "f")
        let inode = scratch.status("f").st_ino
        let file = try scratch.root.openInPlace("f".name.span)
        #expect(file.status.size == 6)
        try file.write("XY".name.span, at: 1)
        let wanted = FileAttributes(owner: 3, permissions: 0o4711, modified: Timestamp(seconds: 4, nanoseconds: 5))
        #expect(try file.finish(length: length, wanted).isEmpty)
        let expected = Array("aXYdef".utf8) + [UInt8](repeating: 0, count: 4096)
        #expect(try scratch.read("f") == String(decoding: expected.prefix(Int(length)), as: UTF8.self))
        let status = try #require(try scratch.root.status(of: "f".name.span))
        #expect(status.inode == UInt64(inode) && status.owner == 3 && status.permissions == 0o4711)
        #expect(status.modified == Timestamp(seconds: 4, nanoseconds: 5))
    }

    @Test("creates a file that is private until it is finished")
    func makes() throws {
        let scratch = try Scratch()
        let file = try scratch.root.openInPlace("f".name.span)
        #expect(scratch.status("f").st_mode & 0o7777 == 0o600)
        try file.write("x".name.span, at: 2)
        #expect(try file.finish(length: 3, FileAttributes(permissions: 0o644)).isEmpty)
        #expect(try scratch.read("f") == "\0\0x")
    }

    @Test(
        "punches zeros into existing data, and after its end",
        arguments: [nil, SystemCallFault(.fallocate, EOPNOTSUPP)]
    )
    func zeros(_ fault: SystemCallFault?) throws {
        let scratch = try Scratch()
        try Data(noise(16384)).write(to: URL(fileURLWithPath: scratch.directory.file("f")))
        try onThread(failing: fault.map { [$0] } ?? []) {
            let file = try scratch.root.openInPlace("f".name.span)
            try file.writeZeros(8192, at: 4096)
            try file.writeZeros(4096, at: 20480)
            try file.writeZeros(0, at: 90000)
        }
        let expected =
            noise(16384).prefix(4096) + [UInt8](repeating: 0, count: 8192) + noise(16384).suffix(4096)
            + [UInt8](repeating: 0, count: 8192)
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.directory.file("f"))) == Data(expected))
        if fault == nil { #expect(scratch.status("f").st_blocks == 2 * 4096 / 512) }
    }

    @Test("turns zeros into holes, also those that stand there already and those that pieces have in common")
    func sparse() throws {
        let scratch = try Scratch()
        let zeros = [UInt8](repeating: 0, count: 10_000)
        let content = noise(8192) + zeros + zeros + noise(8192)
        try Data(content).write(to: URL(fileURLWithPath: scratch.directory.file("f")))
        let memory = ByteMemory(count: content.count)
        memory.all.copy(content.span)
        let cuts = [0, 5000, 12_000, 13_001, 25_000, content.count]
        let file = try scratch.root.openInPlace("f".name.span)
        for (start, end) in zip(cuts, cuts.dropFirst()) {
            let isThere = start < 12_000
            try file.writeSparse(gathering: [memory[start..<end]], at: Int64(start), isThere: isThere)
        }
        _ = try file.finish(length: Int64(content.count), FileAttributes())
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch.directory.file("f"))) == Data(content))
        #expect(scratch.status("f").st_blocks == (content.count + 4095) / 4096 * 8 - 4 * 8)
    }

    @Test("opens the owner's own read-only file, and leaves it read-only")
    func readOnly() throws {
        let scratch = try Scratch()
        try scratch.write("old", to: "f")
        try shell("chmod 777 \(scratch.path) && chown 4321 \(scratch.path)/f && chmod 444 \(scratch.path)/f")
        let during = try onThread(user: 4321) {
            let file = try scratch.root.openInPlace("f".name.span)
            let during = scratch.status("f").st_mode & 0o7777
            try file.write("new".name.span, at: 0)
            _ = try file.finish(length: 3, FileAttributes())
            return during
        }
        #expect(during == 0o444)
        #expect(scratch.status("f").st_mode & 0o7777 == 0o444)
        #expect(try scratch.read("f") == "new")
        #expect(throws: VolumeError.system(operation: "open", path: "g".name, number: EACCES)) {
            try shell("touch \(scratch.path)/g && chmod 444 \(scratch.path)/g")
            _ = try onThread(user: 4321) { _ = try scratch.root.openInPlace("g".name.span) }
        }
    }
}
