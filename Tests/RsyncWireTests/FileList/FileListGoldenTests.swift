import RsyncWire
import TestSupport
import Testing

/// What the annotations of a capture say about an entry.
private struct Annotated {
    var name: [UInt8] = []
    var length: Int64 = 0
    var modified: Int64 = 0
    var accessed: Int64 = 0
    var nanoseconds: UInt32 = 0
    var mode: UInt32 = 0
    var uid: UInt32 = 0
    var gid: UInt32 = 0
    var major: UInt32 = 0
    var minor: UInt32 = 0
    var target: [UInt8] = []
    var leader: Int32 = -1
    var checksum: [UInt8] = []
    var number: Int32 = 0
    /// Before protocol 30: the device and the inode of a hard link.
    var inode: [Int64] = []

    /// Reads the annotations of a section; what is missing is the last entry's, or all of the leader's.
    init(_ section: AnnotatedCapture.Section, after last: Annotated?, all: [Annotated]) {
        func number<Value: FixedWidthInteger>(_ name: String) -> Value? {
            section.fields.first { $0.name == name || $0.name == name + " (unsigned 32)" }.flatMap { field in
                let isOctal = name == "mode"
                let text = field.value.split(separator: " ")[0]
                if text.hasPrefix("0x") { return Value(text.dropFirst(2), radix: 16) }
                return Value(text, radix: isOctal ? 8 : 10)
            }
        }
        func bytes(_ name: String) -> [UInt8]? { section.fields.first { $0.name == name }?.bytes }
        let flags = section.fields[0].value
        let shared: Int = number("bytes shared with previous name") ?? 0
        let own = Array(last?.name.prefix(shared) ?? []) + (bytes("suffix") ?? [])
        leader = number("position of group leader") ?? -1
        if leader >= 0, number("length") as Int64? == nil, let original = all.first(where: { $0.number == leader }) {
            self = original
        } else {
            length = number("length") ?? -1
            modified = number("mtime") ?? last?.modified ?? 0
            // A directory has none, and carries that of the last other entry on.
            accessed = number("atime") ?? last?.accessed ?? 0
            nanoseconds = number("mtime nanoseconds") ?? 0
            mode = number("mode") ?? last?.mode ?? 0
            uid = number("uid") ?? last?.uid ?? 0
            gid = number("gid") ?? last?.gid ?? 0
            major = number("rdev major") ?? last?.major ?? 0
            minor = number("rdev minor") ?? 0
            // One number, in Linux's encoding.
            if let whole: UInt32 = number("rdev") {
                (major, minor) = (whole >> 8 & 0xfff, whole & 0xff | whole >> 12 & 0xfff00)
            }
            if let inode: Int64 = number("inode") {
                self.inode = [
                    number("device + 1") ?? last?.inode.first ?? all.last { !$0.inode.isEmpty }?.inode[0] ?? 0, inode,
                ]
            }
            target = bytes("symlink target") ?? []
            checksum = section.fields.first { $0.meaning == "file checksum" }?.bytes ?? []
        }
        name = own
        self.number = Int32(section.title.split(separator: " ").last ?? "") ?? -1
        if flags.contains("HLINK_FIRST") || flags.hasPrefix("0x12") { leader = self.number }
        if !inode.isEmpty { leader = all.first { $0.inode == inode }?.number ?? self.number }
    }
}

@Suite("File lists of rsync 3.5.0")
struct FileListGoldenTests {
    static let captures = [
        "transfer-flist-p32-inc", "transfer-flist-p32-whole", "transfer-flist-p31-bytes", "transfer-flist-p30-bytes",
        "transfer-flist-dirs-p32", "transfer-flist-dups-p32", "transfer-flist-ioerror-p31",
        "transfer-flist-ioerror-p32",
        "transfer-flist-relative-p32", "transfer-flist-csum-atimes-p32", "transfer-xattr-update", "transfer-flist-p29",
        "transfer-flist-p28",
        "transfer-flist-p27", "transfer-flist-ioerror-p29", "transfer-flist-relative-p29",
    ]

    private func load(_ name: String) throws -> (capture: AnnotatedCapture, receiver: ScriptedReceiver) {
        let capture = try AnnotatedCapture(name)
        return (capture, ScriptedReceiver(capture.bytes, try FileListFormat(header: capture.header)))
    }

    @Test("every field is read as annotated", arguments: captures)
    func fields(name: String) throws {
        var (capture, receiver) = try load(name)
        try receiver.receiveAll()
        var expected: [Annotated] = []
        for section in capture.sections where section.title.hasPrefix("entry") {
            if section.fields[0].meaning.contains("END OF LIST") { continue }
            expected.append(Annotated(section, after: expected.last, all: expected))
        }
        #expect(receiver.received.reduce(0) { $0 + $1.count } == expected.count)
        var index = 0
        for list in receiver.received {
            for (position, entry) in list.entries.enumerated() {
                let isLinked = expected[index].leader >= 0 && expected.count { $0.leader == expected[index].leader } > 1
                compare(entry, of: list, with: expected[index], receiver.format)
                #expect(entry.flags.contains(.hardLinked) == isLinked)
                #expect(list.start + Int32(position) == expected[index].number)
                index += 1
            }
        }
    }

    private func compare(_ entry: FileEntry, of list: FileList, with expected: Annotated, _ format: FileListFormat) {
        let extra = list.extra(of: entry)
        #expect(Array(list.name(of: entry)) == expected.name)
        #expect(entry.size == expected.length)
        #expect(entry.modified == expected.modified)
        #expect(entry.nanoseconds == expected.nanoseconds)
        #expect(entry.mode == expected.mode)
        #expect(
            list.attributes(of: entry).accessed == (format.accessTimes && !entry.isDirectory ? expected.accessed : 0)
        )
        #expect(entry.uid == expected.uid)
        #expect(entry.gid == expected.gid)
        #expect(extra.deviceMajor == (entry.isDevice ? expected.major : 0))
        #expect(extra.deviceMinor == (entry.isDevice ? expected.minor : 0))
        #expect(Array(list.target(of: entry)) == expected.target)
        #expect(extra.linkGroup == expected.leader)
        if entry.isRegular, format.checksumLength > 0 {
            #expect(Array(list.arena[Int(extra.checksumStart)...].prefix(16)) == expected.checksum)
        }
    }

    @Test("lists are numbered and belong to directories as annotated", arguments: captures)
    func numbering(name: String) throws {
        var (capture, receiver) = try load(name)
        try receiver.receiveAll()
        var starts: [Int32] = []
        var directories: [Int32] = []
        for section in capture.sections {
            guard let match = section.title.firstMatch(of: /file list \d+, ndx_start (\d+)/) else { continue }
            starts.append(Int32(match.1) ?? -1)
            directories.append(section.title.firstMatch(of: /directory index (\d+)/).flatMap { Int32($0.1) } ?? -1)
        }
        #expect(receiver.received.map(\.start) == starts)
        #expect(receiver.received.map(\.directory) == directories)
        #expect(receiver.lists.isComplete)
        #expect(receiver.lists.lists.isEmpty)
        #expect(receiver.lists.footprint == 0)
    }

    @Test(
        "the sender's traversal is rsync's",
        arguments: captures.filter { $0.hasSuffix("p32") || $0.hasSuffix("inc") }
    )
    func traversal(name: String) throws {
        var (_, receiver) = try load(name)
        try receiver.receiveAll()
        guard receiver.format.isIncremental else { return }
        var lists = LiveFileLists(isIncremental: true)
        for list in receiver.received {
            if list.directory >= 0 { #expect(lists.nextDirectory()?.lowerBound == list.directory) }
            lists.append(list)
        }
        #expect(lists.nextDirectory() == nil)
    }

    @Test("writing a list again gives rsync's bytes", arguments: captures)
    func reencoding(name: String) throws {
        var (capture, receiver) = try load(name)
        try receiver.receiveAll()
        let names = (receiver.decoder.userNames, receiver.decoder.groupNames)
        var encoder = FileListEncoder(format: receiver.format, metadata: receiver.metadata) { kind, id in
            (kind == .user ? names.0 : names.1)[id]
        }
        for (list, range) in zip(receiver.received, receiver.ranges) {
            if receiver.format.dialect.numbersLinkGroups {
                for index in list.extras.indices {
                    list.extras[index].inode = UInt64(max(0, list.extras[index].linkGroup))
                }
            }
            let sink = ArraySink()
            let output = WireOutput(sink: sink)
            output.dialect = receiver.format.dialect
            try encoder.encode(list, to: output)
            try encoder.encodeEnd(errorBits: list.errorBits, to: output)
            try output.flush()
            #expect(hex(sink.bytes) == hex(capture.bytes[range]))
        }
    }

    @Test("items refer to the intended entries")
    func items() throws {
        var (_, receiver) = try load("transfer-flist-dups-p32")
        try receiver.receiveAll()
        let found = receiver.items.map {
            "\($0.index) \(String(decoding: $0.name, as: UTF8.self)) \($0.isDirectoryOfList)"
        }
        #expect(found.first == "0 . true")
        #expect(found.contains("5 d true"))
        #expect(found.contains { $0.hasSuffix("d/f1 false") })
    }

    @Test("names of ids are in the list", arguments: ["inc", "whole"])
    func idNames(form: String) throws {
        var (_, receiver) = try load("transfer-flist-p32-\(form)")
        try receiver.receiveAll()
        let expected: [UInt32: [UInt8]] = [0: Array("root".utf8), 1: Array("daemon".utf8)]
        #expect(receiver.decoder.userNames == expected)
        #expect(receiver.decoder.groupNames == expected)
    }

    static let root = "01 2e 00 78 00 6b 4f 35 01 ed 41 00 00 00 00"
    static let devices: [(String, Int32, String, [UInt32])] = [
        (
            "a file's links leave the major number of the last device", 32,
            """
            01 \(root)  18 02 7a 31 00 00 00 59 00 2f 68 a4 21 00 00 01 07  # device 1:7
            92 b8 01 01 33 00 02 00 a4 81 00 00  82 ba 01 01 32 02         # a file and its link
            81 b8 01 01 34 00 00 00 a4 21 00 00 08  00 00                  # device 1:8
            """, [1, 7, 1, 8]
        ),
        (
            "a device's link carries its major number on", 32,
            """
            01 \(root)  92 18 02 79 33 00 00 00 59 00 2f 68 a4 21 00 00 05 09  # device 5:9
            80 ba 01 01 32 00 00 00 01 07  82 ba 01 01 31 01                # device 1:7, a link to 5:9
            81 ba 01 01 34 00 00 00 01  00 00                               # device 5:1
            """, [5, 9, 1, 7, 5, 9, 5, 1]
        ),
        (
            "a FIFO leaves the major number", 30,
            """
            01 \(root)  18 02 78 31 00 00 00 59 00 2f 68 a4 21 00 00 01 07  # device 1:7
            81 b8 01 01 32 00 00 00 a4 11 00 00 00                          # a FIFO
            81 b8 01 01 33 00 00 00 a4 21 00 00 08  00 00                   # device 1:8
            """, [1, 7, 1, 8]
        ),
    ]

    @Test("device numbers are carried as by rsync", arguments: devices)
    func deviceNumbers(name: String, version: Int32, hex: String, expected: [UInt32]) throws {
        var format = FileListFormat(letters: "aH", protocolVersion: version, flags: 0x1fe)
        format.numericIDs = true
        var receiver = ScriptedReceiver(bytes(hex: hex), format)
        try receiver.receiveAll()
        let list = try #require(receiver.received.first)
        let found = list.entries.filter(\.isDevice).map { list.extra(of: $0) }
        #expect(found.flatMap { [$0.deviceMajor, $0.deviceMinor] } == expected)
        for index in list.extras.indices { list.extras[index].inode = UInt64(max(0, list.extras[index].linkGroup)) }
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        output.dialect = Dialect(version)
        var encoder = FileListEncoder(format: format) { _, _ in nil }
        try encoder.encode(list, to: output)
        try encoder.encodeEnd(errorBits: 0, to: output)
        try output.flush()
        #expect(sink.bytes == bytes(hex: hex))
    }

    @Test("errors of the sender are kept", arguments: [29, 31, 32])
    func errorBits(version: Int) throws {
        var (_, receiver) = try load("transfer-flist-ioerror-p\(version)")
        try receiver.receiveAll()
        #expect(receiver.received.map(\.errorBits).contains(1))
    }

    @Test("a list that breaks off anywhere ends in an error", arguments: captures)
    func truncation(name: String) throws {
        var (capture, receiver) = try load(name)
        try receiver.receiveAll()
        let bytes = capture.bytes
        for length in 0..<receiver.ranges[0].upperBound {
            var cut = ScriptedReceiver(Array(bytes[..<length]), receiver.format)
            let error = #expect(throws: WireError.self) { try cut.receiveList() }
            #expect(error?.exitCode == 12)
        }
    }

    @Test("changed bytes cause at most an error", arguments: captures)
    func mutation(name: String) throws {
        let (capture, receiver) = try load(name)
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        let bytes = capture.bytes
        var refused = 0
        for _ in 0..<300 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                changed[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            var victim = ScriptedReceiver(
                changed,
                receiver.format,
                pieceLength: 97,
                limits: FileListLimits(entries: 10_000, bytes: 1 << 20)
            )
            do throws(WireError) {
                try victim.receiveAll()
            } catch {
                #expect([2, 4, 11, 12, 22].contains(error.exitCode), "seed \(seed): \(error)")
                refused += 1
            }
        }
        #expect(refused > 0, "seed \(seed): no change was noticed")
    }
}
