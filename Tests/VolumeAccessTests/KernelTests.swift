import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import VolumeAccess

@Suite("Kernel calls")
struct KernelTests {
    @Test("reads into a part of a span only", arguments: [(1..<4, 0), (0..<6, 2), (2..<2, 0), (5..<6, 9)])
    func reads(range: Range<Int>, offset: Int) throws {
        let directory = try TemporaryDirectory()
        let content: [UInt8] = [1, 2, 3, 4, 5, 6, 7]
        try Data(content).write(to: URL(fileURLWithPath: directory.file("f")))
        let number = openFile(directory.file("f"), O_RDONLY | O_CLOEXEC)
        defer { close(number) }
        var buffer = [UInt8](repeating: 99, count: 6)
        var span = buffer.mutableSpan
        let count = readFully(number, into: &span, range, at: Int64(offset))
        let expected = content.dropFirst(offset).prefix(range.count)
        #expect(count == expected.count)
        for index in 0..<6 {
            let place = index - range.lowerBound
            let byte = place >= 0 && place < expected.count ? expected[expected.startIndex + place] : 99
            #expect(buffer[index] == byte)
        }
    }

    @Test("fills a part of a span with zeros")
    func clears() {
        var buffer: [UInt8] = [1, 2, 3, 4]
        var span = buffer.mutableSpan
        clear(&span, 1..<3)
        clear(&span, 4..<4)
        #expect(buffer == [1, 0, 0, 4])
    }

    @Test("a range outside of the span ends the process")
    func traps() async {
        await #expect(processExitsWith: .failure) {
            var buffer: [UInt8] = [1, 2]
            var span = buffer.mutableSpan
            clear(&span, 1..<3)
        }
        await #expect(processExitsWith: .failure) {
            var buffer: [UInt8] = [1, 2]
            var span = buffer.mutableSpan
            _ = readFully(0, into: &span, 0..<3, at: 0)
        }
        await #expect(processExitsWith: .failure) {
            // No NUL behind the name.
            _ = withTerminated([97, 98, 99], 0..<2) { _ in 0 }
        }
    }

    @Test("uses a name where it stands")
    func nameInPlace() throws {
        let directory = try TemporaryDirectory()
        try Data([1]).write(to: URL(fileURLWithPath: directory.file("cd")))
        let number = openFile(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(number) }
        let arena = Array("ab\0cd\0".utf8)
        var status: FileStatus?
        #expect(withTerminated(arena, 3..<5) { FileStatus.read(number, $0, into: &status) } == 0)
        #expect(status?.size == 1)
        #expect(withTerminated(arena, 0..<2) { FileStatus.read(number, $0, into: &status) } == -Int(ENOENT))
    }

    @Test("shows every name of a directory once, however small the buffer", arguments: [300, 64 * 1024])
    func records(bufferLength: Int) throws {
        let directory = try TemporaryDirectory()
        let names = Set((0..<100).map { "name \($0) " + String(repeating: "x", count: $0 % 60) })
        for name in names { try Data([1]).write(to: URL(fileURLWithPath: directory.file(name))) }
        let number = openFile(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(number) }
        var seen: [String] = []
        var kinds: Set<FileKind> = []
        let result = forEachRecord(number, bufferLength: bufferLength) { name, path, kind, inode in
            seen.append(String(decoding: Array(copying: name), as: UTF8.self))
            kinds.insert(kind)
            var status: FileStatus?
            #expect(FileStatus.read(number, path, into: &status) == 0 && status?.inode == inode)
        }
        #expect(result == 0 && seen.count == 100 && Set(seen) == names && kinds == [.regular])
    }

    @Test("finds where zeros end as a plain search does", arguments: 0..<40)
    func zeroBlocks(seed: Int) {
        var generator = SeededRandom(seed: UInt64(seed))
        var bytes = [UInt8](repeating: 0, count: Int.random(in: 0...300, using: &generator))
        for _ in 0..<Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
            bytes[Int.random(in: bytes.indices, using: &generator)] = 1
        }
        let first = bytes.firstIndex { $0 != 0 } ?? bytes.count
        let last = bytes.lastIndex { $0 != 0 } ?? -1
        #expect(skipZeroBlocks(bytes.span, from: 0) == min(first, bytes.count) / 64 * 64)
        let kept = dropZeroBlocks(bytes.span)
        #expect(kept > last && (kept < 64 || last >= kept - 64) && (bytes.count - kept).isMultiple(of: 64))
    }
}
