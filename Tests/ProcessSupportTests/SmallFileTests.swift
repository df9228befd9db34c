import Foundation
import LinuxSystem
import ProcessSupport
import TestSupport
import Testing

@Suite("SmallFile")
struct SmallFileTests {
    private func file(_ bytes: [UInt8], in directory: TemporaryDirectory) throws -> [UInt8] {
        let path = directory.file("f")
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return Array(path.utf8)
    }

    @Test("reads to the end and refuses a byte more than the limit")
    func limit() throws {
        let directory = try TemporaryDirectory()
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let path = try file(bytes, in: directory)
        #expect(try SmallFile(path).contents(limit: bytes.count) == bytes)
        #expect(throws: SystemError(operation: "read", number: EFBIG)) {
            try SmallFile(path).contents(limit: bytes.count - 1)
        }
    }

    @Test("fills the caller's memory and stops at the end of the file")
    func fill() throws {
        let directory = try TemporaryDirectory()
        let file = try SmallFile(try file([1, 2, 3, 4, 5], in: directory), kind: .regular)
        let (isRegular, length) = (file.isRegular, file.length)
        #expect(isRegular)
        #expect(length == 5)
        var memory = [UInt8](repeating: 9, count: 3)
        var span = memory.mutableSpan
        #expect(try file.fill(&span) == 3)
        #expect(memory == [1, 2, 3])
        span = memory.mutableSpan
        #expect(try file.fill(&span) == 2)
        #expect(memory == [4, 5, 3])
    }

    @Test("what is not a regular file says so without waiting for a writer")
    func pipe() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("fifo")
        #expect(unsafe mkfifo(path, 0o600) == 0)
        let isRegular = try Background { try SmallFile(Array(path.utf8), kind: .regular).isRegular }
        #expect(try isRegular.value() == false)
    }

    @Test("tells permissions and owner, and the errors of open")
    func status() throws {
        let directory = try TemporaryDirectory()
        let path = try file([], in: directory)
        #expect(unsafe chmod(String(decoding: path, as: UTF8.self), 0o604) == 0)
        let file = try SmallFile(path)
        let (permissions, owner) = (file.permissions, file.owner)
        #expect(permissions == 0o604)
        #expect(owner == geteuid())
        #expect(throws: SystemError(operation: "open", number: ENOENT)) { _ = try SmallFile(path + [0, 0x61]) }
        #expect(throws: SystemError(operation: "open", number: ENOENT)) { _ = try SmallFile([UInt8(ascii: "-")]) }
    }
}
