import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite("System calls")
struct SystemCallsTests {
    static let addresses: [(String, [UInt8]?)] = [
        ("127.0.0.1", [127, 0, 0, 1]), ("0.0.0.0", [0, 0, 0, 0]), ("1.2.3", nil), ("256.0.0.1", nil), ("", nil),
        ("::1", [UInt8](repeating: 0, count: 15) + [1]),
        ("::ffff:10.0.0.1", [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 10, 0, 0, 1]),
        ("fe80::1%lo", nil), ("[::1]", nil), ("localhost", nil),
    ]

    @Test("reads addresses in digits and nothing else", arguments: addresses)
    func address(text: String, expected: [UInt8]?) { #expect(numericAddress(text) == expected) }

    @Test("finds users and groups by name and number")
    func identities() {
        #expect(IdentityDatabase.name(ofUser: 0) == Array("root".utf8))
        #expect(IdentityDatabase.name(ofGroup: 0) == Array("root".utf8))
        #expect(IdentityDatabase.user(named: Array("root".utf8)) == 0)
        #expect(IdentityDatabase.group(named: Array("root".utf8)) == 0)
        #expect(IdentityDatabase.name(ofUser: 4_000_000_123) == nil)
        #expect(IdentityDatabase.name(ofGroup: 4_000_000_123) == nil)
        // C would stop at the NUL.
        #expect(IdentityDatabase.user(named: Array("root\0er".utf8)) == nil)
        #expect(IdentityDatabase.group(named: Array("root\0er".utf8)) == nil)
    }

    @Test("opens no path with a NUL in it, which C would cut")
    func pathWithNUL() {
        #expect(openFile(Array("/dev/null".utf8) + [0, 1], O_RDONLY) == -1)
        #expect(errno == ENOENT)
        let number = openFile(Array("/dev/null".utf8), O_RDONLY | O_CLOEXEC)
        #expect(number >= 0)
        close(number)
    }

    @Test("reads into what a span has from an index on")
    func reads() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("f")
        let number = openFile(path, O_RDWR | O_CREAT | O_CLOEXEC, mode: 0o600)
        defer { close(number) }
        #expect(writeBytes(number, [1, 2, 3, 4, 5].span) == 5)
        lseek(number, 0, SEEK_SET)
        var buffer: [UInt8] = [9, 9, 9, 9]
        var span = buffer.mutableSpan
        #expect(readBytes(number, into: &span, from: 2) == 2)
        #expect(readBytes(number, into: &span, from: 4) == 0)
        #expect(buffer == [9, 9, 1, 2])
    }

    @Test("tells the local time, and nothing of years that no calendar has")
    func times() throws {
        let moment = try #require(localTime(1_000_000_000))
        #expect(moment.year == 2001 && moment.month == 9 && (8...9).contains(moment.day))
        #expect(moment.minute % 15 == 46 % 15 && moment.second == 40)
        #expect(localTime(.max) == nil)
    }
}
