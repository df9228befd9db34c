import RsyncWire
import TestSupport
import Testing

@Suite("File lists, written and read: PropertyTests")
struct FileListPropertyTests {
    /// All combinations of what changes the bytes.
    static let formats: [FileListFormat] = (0..<64).flatMap { bits in
        [Int32(30), 31, 32].map { version in
            var format = FileListFormat()
            format.dialect = Dialect(version)
            format.usesVarintFlags = bits & 1 != 0
            format.hasSafeEnd = true
            format.isIncremental = bits & 2 != 0
            format.namesIDZero = bits & 4 != 0
            (format.owner, format.group) = (bits & 8 != 0, bits & 8 != 0)
            format.hardLinks = bits & 16 != 0
            (format.links, format.devices, format.specials) = (bits & 32 != 0, bits & 32 != 0, bits & 32 != 0)
            format.numericIDs = bits & 12 == 12
            format.checksumLength = bits & 1 != 0 ? 16 : 0
            format.accessTimes = bits & 10 == 10
            return format
        }
    }

    private let names: [UInt32: [UInt8]] = [0: Array("root".utf8), 1: Array("daemon".utf8), 1000: Array("you".utf8)]

    /// The lists of a random tree, in the order of transmission.
    private func lists(_ format: FileListFormat, seed: UInt64) -> [FileList] {
        var source = RandomFileLists(seed: seed, format: format)
        var live = LiveFileLists(isIncremental: format.isIncremental)
        let first = FileList(start: live.nextStart, directory: -1)
        first.add(".", mode: 0o040755)
        var directories = source.fill(first, parent: [], count: 20)
        guard format.isIncremental else {
            for index in 0..<20 where index < directories.count {
                directories += source.fill(first, parent: directories[index], count: 8)
            }
            return [first]
        }
        first.sort()
        live.append(first)
        var lists = [first]
        while lists.count < 30, let numbers = live.nextDirectory() {
            let list = FileList(start: live.nextStart, directory: numbers.lowerBound)
            let name = live.directory(numbers.lowerBound).map { Array($0.name) } ?? []
            _ = source.fill(list, parent: name, count: 6)
            list.sort()
            live.append(list)
            lists.append(list)
        }
        return lists
    }

    @Test("come back as they were", arguments: formats)
    func roundTrip(format: FileListFormat) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let sent = lists(format, seed: seed)
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        output.dialect = format.dialect
        var encoder = FileListEncoder(format: format) { names[$1] }
        for list in sent {
            try encoder.encode(list, to: output)
            try encoder.encodeEnd(errorBits: list.start % 7, to: output)
        }
        try output.flush()

        let input = WireInput(source: ArraySource(sink.bytes, pieceLength: 61))
        input.dialect = format.dialect
        var decoder = FileListDecoder(format: format)
        var live = LiveFileLists(isIncremental: format.isIncremental)
        for list in sent {
            let name = list.directory < 0 ? [] : try live.open(list.directory)
            let copy = FileList(start: live.nextStart, directory: list.directory)
            try decoder.decode(from: input, into: copy, directory: name, holding: live.footprint)
            live.append(copy)
            #expect(copy.errorBits == list.start % 7, "seed \(seed)")
            expectSame(copy, list, format, "seed \(seed)")
        }
        #expect(try !input.hasMore())
        if format.owner, !format.numericIDs {
            let owners = Set(sent.flatMap { $0.entries.map(\.uid) })
            for owner in [1, 1000] as [UInt32] {
                #expect(decoder.userNames[owner] == (owners.contains(owner) ? names[owner] : nil), "seed \(seed)")
            }
            // The name of 0 comes where the peers agreed on it, or with an entry.
            #expect(decoder.userNames[0] == (format.namesIDZero || format.isIncremental ? names[0] : nil))
        }
    }

    private func expectSame(_ copy: FileList, _ list: FileList, _ format: FileListFormat, _ comment: Comment) {
        #expect(copy.count == list.count, comment)
        var groups: [UInt64: Int32] = [:]
        for (one, other) in zip(copy.entries, list.entries) {
            let (extra, otherExtra) = (copy.extra(of: one), list.extra(of: other))
            #expect(copy.name(of: one) == list.name(of: other), comment)
            #expect(one.leafOffset == other.leafOffset, comment)
            #expect(one.mode == other.mode && one.size == other.size && one.modified == other.modified, comment)
            let accessed = format.accessTimes && !one.isDirectory ? list.attributes(of: other).accessed : 0
            #expect(copy.attributes(of: one).accessed == accessed, comment)
            #expect(one.nanoseconds == (format.dialect.version >= 31 ? other.nanoseconds : 0), comment)
            #expect(one.uid == (format.owner ? other.uid : 0) && one.gid == (format.group ? other.gid : 0), comment)
            #expect(
                one.flags.contains(.hasContents) == (other.isDirectory && other.flags.contains(.hasContents)),
                comment
            )
            #expect(one.flags.contains(.topDirectory) == other.flags.contains(.topDirectory), comment)
            #expect(Array(copy.target(of: one)) == (format.links ? Array(list.target(of: other)) : []), comment)
            #expect(extra.deviceMajor == (format.devices ? otherExtra.deviceMajor : 0), comment)
            #expect(extra.deviceMinor == (format.devices ? otherExtra.deviceMinor : 0), comment)
            if one.isRegular, format.checksumLength > 0 {
                let length = format.checksumLength
                let sums = (copy.arena[Int(extra.checksumStart)...], list.arena[Int(otherExtra.checksumStart)...])
                #expect(Array(sums.0.prefix(length)) == Array(sums.1.prefix(length)), comment)
            }
            let isLinked = format.hardLinks && other.flags.contains(.hardLinked)
            #expect(one.flags.contains(.hardLinked) == isLinked, comment)
            if isLinked {
                let group = groups[otherExtra.inode] ?? extra.linkGroup
                groups[otherExtra.inode] = group
                #expect(extra.linkGroup == group && group >= 0, comment)
            }
        }
    }
}
