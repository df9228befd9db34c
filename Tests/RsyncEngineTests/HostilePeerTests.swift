import Checksums
import Foundation
import Glibc
import RsyncOptions
import RsyncWire
import TestSupport
import Testing
import Transport

@testable import RsyncEngine

/// One attack of transfer 19.2 on a receiver, and the exit code it must get.
struct Attack: Sendable, CustomTestStringConvertible {
    var name: String
    var exitCode: Int32
    var script: @Sendable (HostileServer) throws -> Void
    var testDescription: String { name }

    init(_ name: String, _ exitCode: Int32, _ script: @escaping @Sendable (HostileServer) throws -> Void) {
        self.name = name
        self.exitCode = exitCode
        self.script = script
    }
}

@Suite("Hostile peers", .timeLimit(.minutes(10)))
struct HostilePeerTests {
    private static let zeros = [UInt8](repeating: 0, count: 16)

    private static let attacks = [
        Attack("an item beyond the lists", 2) {
            try $0.output.index(99)
            try Item(flags: [.localChange]).write(to: $0.output)
        },
        Attack("a file that was not asked for", 2) { try $0.answer(77) },
        Attack("a transfer of a directory", 2) { try $0.answer(HostileServer.directory) },
        Attack("a transfer of a link", 2) { try $0.answer(HostileServer.link) },
        Attack("a file twice", 2) {
            try $0.awaitRequest(HostileServer.file)
            for _ in 0..<2 {
                try $0.answer(HostileServer.file)
                try $0.send([1, 2, 3, 4, 5], sum: HostilePeerTests.zeros)
                try $0.output.flush()
            }
            try $0.answer(HostileServer.file)
        },
        Attack("a block without a basis", 2) {
            try $0.awaitRequest(HostileServer.file)
            try $0.answer(HostileServer.file, head: [1, 700, 16, 5])
            try $0.output.int32(-1)
        },
        Attack("a block beyond the count", 2) {
            try $0.awaitRequest(HostileServer.file)
            try $0.answer(HostileServer.file)
            try $0.output.int32(-9)
        },
        Attack("a sum head out of range", 2) {
            try $0.awaitRequest(HostileServer.file)
            try $0.answer(HostileServer.file, head: [1, -1, 16, 0])
        },
        Attack("a list for a directory that is not there", 2) { try $0.output.index(SpecialIndex.listOffset - 40) },
        Attack("a list twice", 2) {
            for _ in 0..<2 {
                try $0.output.index(SpecialIndex.listOffset - 1)
                try $0.output.byte(0)
                try $0.output.varint(0)
            }
        },
        Attack("a list after the end of lists", 2) {
            try $0.output.index(SpecialIndex.endOfLists)
            try $0.output.index(SpecialIndex.listOffset - 1)
        },
        Attack("the end of lists twice", 2) {
            try $0.output.index(SpecialIndex.endOfLists)
            try $0.output.index(SpecialIndex.endOfLists)
        },
        Attack("ends of lists that were not ended", 2) {
            for _ in 0..<3 { try $0.output.index(SpecialIndex.done) }
            throw HostileServer.Ends()
        },
        Attack("not sent, but never asked for", 2) { try $0.output.message(.noSend, number: 1234) },
        Attack("the whole goodbye before anything was sent", 2) {
            try $0.output.index(SpecialIndex.endOfLists)
            for number in 0..<4 {
                try $0.output.index(SpecialIndex.done)
                if number == 2 { for _ in 0..<5 { try $0.output.varlong30(0, 3) } }
            }
        },
        Attack("a stop without a code", 12) { try $0.output.message(.errorExit) },
        Attack("a stop with the code of success", 12) { try $0.output.message(.errorExit, number: 0) },
        Attack("a stop with a code that the system would cut to success", 12) {
            try $0.output.message(.errorExit, number: 256)
        },
        Attack("a stop with a code", 19) { try $0.output.message(.errorExit, number: 19) },
    ]

    @Test("a receiver stops with the documented code and leaves nothing", arguments: attacks)
    func receiver(_ attack: Attack) throws {
        let place = try Place()
        try place.write([1, 2, 3], place.destination + "/kept")
        var options = TransferOptions.mirror
        options.deletion.isOn = false
        let result = try HostileServer.pull(into: place, options: options, attack.script)
        #expect(result.exitCode == attack.exitCode, "\(result.failure.map { "\($0)" } ?? "no failure")")
        // The directory and the link may be there already; the file of the attack is not, nor part of it.
        #expect(Set(try place.names()).subtracting(["d", "l"]) == ["kept"])
        #expect(try place.read(place.destination + "/kept") == [1, 2, 3])
    }

    @Test("a checksum that is wrong twice is an error of one file, not of the session")
    func wrongTwice() throws {
        let place = try Place()
        let result = try HostileServer.pull(into: place) { server in
            for _ in 0..<2 {
                try server.awaitRequest(HostileServer.file)
                try server.answer(HostileServer.file)
                try server.send([1, 2, 3, 4, 5], sum: Self.zeros)
            }
            try server.output.index(SpecialIndex.listOffset - 1)
            try server.output.byte(0)
            try server.output.varint(0)
            try server.output.index(SpecialIndex.endOfLists)
            throw HostileServer.Ends()
        }
        #expect(result.exitCode == 12)
        #expect(try place.names() == ["d", "l"])
    }

    @Test(
        "a basis that disappears, shrinks or changes after its sums were sent is not a protocol error: the file is sent again",
        arguments: [
            ("gone", false), ("shrunk", false), ("changed", false), ("a link now", false), ("gone", true),
            ("shrunk", true), ("changed", true),
        ]
    )
    func restlessBasis(what: String, inPlace: Bool) throws {
        let place = try Place()
        let content = knownBytes(100_000)
        let path = place.destination + "/f"
        try place.write(content, path)
        utimes(path, [timeval(tv_sec: 5, tv_usec: 0), timeval(tv_sec: 5, tv_usec: 0)])
        var options = TransferOptions.mirror
        options.placement.inPlace = inPlace
        let result = try HostileServer.pull(into: place, options: options) { server in
            var sum = StreamingChecksum(server.parameters.transferRecipe)
            sum.update(content.span.bytes)
            let head = try server.awaitRequestWithSums(HostileServer.file)
            try #require(head[0] > 1)
            switch what {
            case "gone": unlink(path)
            case "shrunk": truncate(path, 1000)
            case "changed": try place.write([UInt8](repeating: 1, count: content.count), path)
            default:
                unlink(path)
                symlink("/etc/passwd", path)
            }
            try server.answer(HostileServer.file, head: head)
            for block in 0..<head[0] { try server.output.int32(-1 - block) }
            try server.output.int32(0)
            let digest = sum.finish().bytes
            try server.output.bytes(digest)
            _ = try server.awaitRequestWithSums(HostileServer.file)
            try server.answer(HostileServer.file)
            try server.send(content, sum: digest)
            try server.sayGoodbye()
        }
        // What stands there now and is no file is removed, with a word about it.
        #expect(result.exitCode == (what == "a link now" ? 23 : 0), "\(result.failure.map { "\($0)" } ?? "no failure")")
        #expect(try place.read(path) == content)
        #expect(try place.names() == ["d", "f", "l"])
    }

    @Test(
        "what was received of a file before the stream broke is kept with --partial, and only then",
        arguments: [true, false]
    )
    func partial(isKept: Bool) throws {
        let place = try Place()
        let content = knownBytes(300_000)
        var options = TransferOptions.mirror
        options.placement.partial = isKept
        let result = try HostileServer.pull(into: place, options: options) { server in
            try server.awaitRequest(HostileServer.file)
            try server.answer(HostileServer.file)
            for start in stride(from: 0, to: 200_000, by: 20_000) {
                try server.output.int32(20_000)
                try server.output.bytes(Array(content[start..<start + 20_000]))
            }
            throw HostileServer.Ends()
        }
        #expect(result.exitCode == 12)
        #expect(try place.names() == (isKept ? ["d", "f", "l"] : ["d", "l"]))
        if isKept { #expect(try place.read(place.destination + "/f") == Array(content.prefix(200_000))) }
    }

    @Test("sizes whose sum overflows do not stop the program")
    func hugeSizes() throws {
        let place = try Place()
        let result = try HostileServer.pull(into: place) { server in
            // Two more lists' worth of claims: the sizes add up to more than 2^63.
            let list = FileList(start: 6, directory: 1)
            for name in ["a", "b", "c"] {
                var entry = FileEntry()
                entry.mode = 0o100644
                entry.size = .max
                _ = list.add(entry, parent: Array("d".utf8), leaf: Array(name.utf8).span)
            }
            list.sort()
            try server.output.index(SpecialIndex.listOffset - 1)
            var encoder = FileListEncoder(format: FileListFormat(.mirror, server.parameters)) { _, _ in nil }
            try encoder.encode(list, to: server.output)
            try encoder.encodeEnd(errorBits: 0, to: server.output)
            throw HostileServer.Ends()
        }
        #expect(result.exitCode == 12)
    }

    // MARK: streams that are cut

    private static func stream(_ name: String, _ marker: String) throws -> [UInt8] {
        guard
            let url = Bundle.module.url(forResource: "session-" + name, withExtension: "hex", subdirectory: "Fixtures")
        else { throw CocoaError(.fileNoSuchFile) }
        var result: [UInt8] = []
        for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") where line.hasPrefix(marker) {
            result += bytes(hex: String(line.dropFirst(2).prefix { $0 != "#" }))
        }
        return result
    }

    private static func vector(_ name: String, path: String) throws -> [[UInt8]] {
        guard
            let url = Bundle.module.url(forResource: "session-" + name, withExtension: "hex", subdirectory: "Fixtures")
        else { throw CocoaError(.fileNoSuchFile) }
        let text = try String(contentsOf: url, encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.contains("remote command seen") } ?? ""
        let words = line.split(separator: " ").drop { $0 != "--server" }.dropLast().map { Array($0.utf8) }
        return words + [Array(path.utf8)]
    }

    /// What is in place after the first bytes of a captured session, all but the last one.
    private static let captured = ["a.txt", "sub"]
    /// Files whose data comes after that: they are in place if they were requested before it was read.
    private static let later: Set = ["b.txt", "sub/c.txt"]

    /// Sends the beginning of a captured session; what follows the lists only after the first request for data, because
    /// a file that nobody has requested is refused.
    private static func send(_ bytes: ArraySlice<UInt8>, of name: String, over stream: SocketStream) throws {
        let content = Array("hello\n".utf8)
        let start = bytes.indices.first { bytes[$0...].starts(with: content) }
        // Before the content of `a.txt` there are its index, flags from protocol 29 on, a sum head and a length.
        let head = name.hasSuffix("p29") ? 26 : name.hasSuffix("p28") || name.hasSuffix("p27") ? 24 : 23
        guard let start else { return try stream.write(Array(bytes)) }
        try stream.write(Array(bytes[..<(start - head)]))
        var answer: [UInt8] = []
        stream.readTimeout = .seconds(20)
        while !answer.indices.contains(where: { answer[$0...].starts(with: [UInt8](repeating: 0, count: 16)) }) {
            let piece = try stream.read(upTo: 4096)
            guard !piece.isEmpty else { break }
            answer += piece
        }
        try stream.write(Array(bytes[(start - head)...]))
    }

    @Test(
        "a server survives a client that ends at any byte",
        arguments: [
            "push3-p32", "push3-p30", "push-delta-p32", "pull3-p32", "push3-p29", "push3-p28", "push3-p27",
            "push-delta-p29", "pull3-p29", "pull3-p28",
        ]
    )
    func cutClient(name: String) throws {
        let place = try Place()
        try place.write(Array("hello\n".utf8), place.source + "/a.txt")
        let all = try Self.stream(name, "> ")
        let path = name.hasPrefix("pull") ? place.source + "/" : place.destination
        let vector = try Self.vector(name, path: path)
        for count in 0..<all.count {
            let (near, far) = try SocketStream.pair()
            let server = try Background { ServerSession(observer: SilentObserver()).run(arguments: vector, over: far) }
            try Self.send(all[..<count], of: name, over: near)
            try near.closeWrite()
            let code = try server.value().exitCode
            near.close()
            #expect(code != 0, "after \(count) of \(all.count) bytes")
            let names = try place.names()
            #expect(Set(names).isSubset(of: Self.later.union(Self.captured)), "\(names)")
        }
        // A delta whose basis is not there puts nothing in place, and neither does a client that pulls.
        let names = try place.names().filter { !Self.later.contains($0) }
        #expect(names.sorted() == (name.hasPrefix("push3") ? Self.captured : []))
    }

    @Test(
        "a client survives a server that ends at any byte",
        arguments: ["pull3-p32", "push3-p32", "push3-p30", "pull3-p29", "pull3-p28", "push3-p28"]
    )
    func cutServer(name: String) throws {
        let place = try Place()
        try place.write(Array("hello\n".utf8), place.source + "/a.txt")
        let all = try Self.stream(name, "< ")
        var options = TransferOptions.mirror
        options.attributes.hardLinks = false
        options.deletion.isOn = false
        options.attributes.numericIDs = false
        options.wire.checksumSeed = 12345
        options.wire.protocolVersion = Int32(name.suffix(2)) ?? 32
        for count in 0..<all.count {
            let (near, far) = try SocketStream.pair()
            let client = ClientSession(stream: near, options: options, observer: SilentObserver())
            let direction: ClientSession.Direction =
                name.hasPrefix("pull")
                ? .pull([Array("src/".utf8)], into: DestinationArgument(path: Array(place.destination.utf8)))
                : .push([try SourceRoot.contents(of: place.source)], to: Array("dst/".utf8))
            let result = try Background { client.run(direction) }
            try Self.send(all[..<count], of: name, over: far)
            try far.closeWrite()
            let code = try result.value().exitCode
            far.close()
            #expect(code != 0, "after \(count) of \(all.count) bytes")
        }
        let names = try place.names().filter { !Self.later.contains($0) }
        #expect(names.sorted() == (name.hasPrefix("pull") ? Self.captured : []))
    }

    @Test(
        "a client accepts no name that it did not request, and none that it excluded",
        arguments: [
            ("/f", "", 4), ("/d", "", 4), ("/*.txt", "", 4), ("/[a-c]", "", 4), ("/?", "", 12), ("/", "f", 4),
            ("/", "d", 4),
        ]
    )
    func unrequestedNames(path: String, excluded: String, exitCode: Int32) throws {
        let place = try Place()
        var options = TransferOptions.mirror
        if !excluded.isEmpty {
            try options.selection.filters.append(argument: Array("/\(excluded)".utf8), isInclude: false)
        }
        let result = try HostileServer.pull(requesting: path, into: place, options: options) { _ in
            throw HostileServer.Ends()
        }
        #expect(result.exitCode == exitCode, "\(result)")
        #expect(try exitCode == 12 || place.names().isEmpty)
    }

    @Test("a client accepts no excluded name in a later list either")
    func excludedInSubList() throws {
        let place = try Place()
        var options = TransferOptions.mirror
        try options.selection.filters.append(argument: Array("*.key".utf8), isInclude: false)
        let result = try HostileServer.pull(into: place, options: options) { server in
            let list = FileList(start: 6, directory: 1)
            var entry = FileEntry()
            entry.mode = 0o100600
            _ = list.add(entry, parent: Array("d".utf8), leaf: Array("x.key".utf8).span)
            try server.output.index(SpecialIndex.listOffset - 1)
            var encoder = FileListEncoder(format: FileListFormat(.mirror, server.parameters)) { _, _ in nil }
            try encoder.encode(list, to: server.output)
            try encoder.encodeEnd(errorBits: 0, to: server.output)
            throw HostileServer.Ends()
        }
        #expect(result.exitCode == 4, "\(result)")
    }

    @Test("a client that fails is not held up by a server that neither reads nor ends")
    func stalledServer() throws {
        let place = try Place()
        let (near, far) = try SocketStream.pair()
        let client = ClientSession(stream: near, options: .mirror, observer: SilentObserver())
        let direction = ClientSession.Direction.pull(
            [Array("src/".utf8)],
            into: DestinationArgument(path: Array(place.destination.utf8))
        )
        let result = try Background { client.run(direction) }
        // A greeting of protocol 32 and then nonsense, and never a read or an end.
        try far.write(bytes(hex: "20000000") + [UInt8](repeating: 0xee, count: 5000))
        #expect(try result.value(within: 40).exitCode != 0)
        withExtendedLifetime(far) {}
    }
}
