import RsyncWire
import TestSupport
import Testing

@Suite("Hostile file lists")
struct HostileFileListTests {
    /// Cases where the engine is stricter than rsync (protocol specification, transfer 19).
    static let stricter: [String: Int32] = [
        "empty name": 4, "name with NUL": 4, "sublist after freed": 2, "bad varlong": 4,
        "xattr system ns": 11,
    ]
    static let cases = ((try? Captures.hostile()) ?? []).filter {
        $0.section.hasPrefix("RECEIVER, file list")
            || $0.section.hasPrefix("RECEIVER, incremental") && !$0.name.hasPrefix("DEL_STATS")
    }

    @Test("are all there")
    func complete() {
        #expect(Self.cases.count == 53)
    }

    @Test("end with rsync's exit code or a stricter one", arguments: cases)
    func recorded(hostile: Captures.Hostile) {
        let parts = hostile.options[0].split(separator: "e", maxSplits: 1)
        let flags: Int32 = parts[1].hasPrefix(".i") ? 0x1ff : 0x1fe
        let format = FileListFormat(letters: String(parts[0]), protocolVersion: 32, flags: flags)
        let data = hostile.data.flatMap { $0 }
        let length = hostile.name.contains("4095") ? 4095 - data.filter { $0 == data.last }.count : 0
        let filler = [UInt8](repeating: data.last ?? 0, count: length)
        let rest =
            length > 0 ? bytes(hex: hostile.name.hasPrefix("name") ? "0005005900 2f68a4810000 0000" : "0000") : []
        var victim = ScriptedReceiver(data + filler + rest, format)
        var code: Int32 = 12
        do throws(WireError) {
            try victim.receiveAll()
        } catch {
            code = error.exitCode
        }
        #expect(code == Self.stricter[hostile.name] ?? hostile.exitCode)
        if hostile.name == "io_error all bits" { #expect(victim.received.first?.errorBits == 7) }
        if hostile.name.hasPrefix("symlink without") || hostile.name.contains("4095") {
            #expect(victim.received.first?.count == 1)
        }
    }

    static let file = "00 05 00 59 00 2f 68 a4 81 00 00"
    static let directory = "00 00 00 59 00 2f 68 ed 41 00 00"
    static let made: [(String, String, String, Int32)] = [
        ("a prefix longer than the last name", "t", "20 05 01 61 \(file)", 12),
        ("a negative length of a name", "t", "40 f0 ff ff ff ff \(file)", 22),
        ("mode bits beyond 16", "t", "04 01 61 00 05 00 59 00 2f 68 a4 81 01 00 00 00", 2),
        ("a NUL in a target", "lt", "04 01 61 00 02 00 59 00 2f 68 ff a1 00 00 02 00 62 00 00", 4),
        ("a trailing ..", "t", "04 04 61 2f 2e 2e \(file)", 4),
        ("a link to a directory", "Ht", "04 01 64 \(directory) 82 00 01 61 00 00 00", 2),
        ("a link to a file that leads no group", "Ht", "04 01 66 \(file) 82 00 01 61 00 00 00", 2),
        ("a directory as first of a group", "Ht", "92 00 01 64 \(directory) 00 00", 2),
        ("a root by way of a link", "Ht", "92 00 01 66 \(file) 82 00 01 2e 00 00 00", 2),
        ("a hard link without -H into the future", "t", "82 00 01 66 09 \(file) 00 00", 2),
        ("control characters in a user's name", "ot", "04 01 66 \(file) 07 00 00 07 01 0a 00 00", 2),
    ]

    @Test("made by hand end with the stricter code", arguments: made)
    func byHand(name: String, letters: String, hex: String, code: Int32) {
        let format = FileListFormat(letters: letters, protocolVersion: 32, flags: 0x1fe)
        var victim = ScriptedReceiver(bytes(hex: hex), format)
        let error = #expect(throws: WireError.self) { try victim.receiveAll() }
        #expect(error?.exitCode == code)
    }

    @Test("error bits at the end of a byte-form list need an agreement")
    func safeEnd() throws {
        for (flags, code) in [(Int32(0), Int32(2)), (8, 0)] {
            let format = FileListFormat(letters: "t", protocolVersion: 30, flags: flags)
            var victim = ScriptedReceiver(bytes(hex: "04 10 03"), format)
            do throws(WireError) {
                try victim.receiveAll()
                #expect(code == 0)
                #expect(victim.received.first?.errorBits == 3)
            } catch {
                #expect(error.exitCode == code)
            }
        }
    }

    @Test("a hard link without -H is parsed and not grouped")
    func ungrouped() throws {
        let format = FileListFormat(letters: "t", protocolVersion: 32, flags: 0x1fe)
        let hex = "92 00 01 66 \(Self.file) 82 00 01 67 00 04 01 68 \(Self.file) 00 00"
        var victim = ScriptedReceiver(bytes(hex: hex), format)
        try victim.receiveAll()
        let list = try #require(victim.received.first)
        #expect(list.sortedNames == ["f", "g", "h"])
        #expect(list.entries.allSatisfy { $0.flags.isEmpty && list.extra(of: $0).linkGroup == -1 && $0.size == 5 })
    }

    @Test("needless slashes and dots are squeezed out, the last name stays as received")
    func squeezed() throws {
        let format = FileListFormat(letters: "t", protocolVersion: 32, flags: 0x1fe)
        let hex = "04 01 64 \(Self.directory) 20 01 06 2f 2f 2e 2f 61 2f \(Self.file) 20 05 01 62 \(Self.file) 00 00"
        var victim = ScriptedReceiver(bytes(hex: hex), format)
        try victim.receiveAll()
        let list = try #require(victim.received.first)
        #expect(list.sortedNames == ["d/", "d/a", "d/b"])
        #expect(list.entries.map(\.leafOffset) == [0, 2, 2])
    }

    @Test("a link in place of a directory is blanked")
    func linkAndDirectory() throws {
        let format = FileListFormat(letters: "lt", protocolVersion: 32, flags: 0x1fe)
        let link = "04 01 64 00 04 00 59 00 2f 68 ff a1 00 00 04 2f 65 74 63"
        let hex = "\(link) 04 01 64 \(Self.directory) 04 03 64 2f 78 \(Self.file) 00 00"
        var victim = ScriptedReceiver(bytes(hex: hex), format)
        try victim.receiveAll()
        #expect(victim.received.first?.sortedNames == ["d/", "d/x"])
        let error = #expect(throws: WireError.self) { _ = try victim.lists.resolve(0) }
        #expect(error?.exitCode == 2)
    }

    @Test("the limits end an endless list", arguments: [(10, 1 << 20), (1_000_000, 4096)])
    func limits(entries: Int, bytes limit: Int) {
        let format = FileListFormat(letters: "t", protocolVersion: 32, flags: 0x1fe)
        let entry = bytes(hex: "04 01 61 \(Self.file)")
        let endless = Array(repeatElement(entry, count: 5000).joined())
        var victim = ScriptedReceiver(endless, format, limits: FileListLimits(entries: entries, bytes: limit))
        let error = #expect(throws: WireError.self) { try victim.receiveAll() }
        #expect(error?.exitCode == 22)
    }

    @Test("many lists end at the limit together, unless they are released", arguments: [false, true])
    func lists(areReleased: Bool) throws {
        let format = FileListFormat(letters: "t", protocolVersion: 32, flags: 0x1ff)
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        output.dialect = .newest
        var encoder = FileListEncoder(format: format) { _, _ in nil }
        var sender = LiveFileLists(isIncremental: true)
        let names = (0..<40).map { Array("directory \($0)".utf8) }
        for number in -1..<Int32(names.count) {
            let list = FileList(start: sender.nextStart, directory: number)
            if number >= 0 { try output.index(SpecialIndex.listOffset - number) }
            let parent = number < 0 ? [] : try #require(sender.directory(number).map { Array($0.name) })
            for name in names {
                var entry = FileEntry()
                entry.mode = number < 0 ? 0o040755 : 0o100644
                _ = list.add(entry, parent: parent, leaf: name.span)
            }
            list.sort()
            try encoder.encode(list, to: output)
            try encoder.encodeEnd(errorBits: 0, to: output)
            sender.append(list)
            if number >= 0, areReleased { try output.index(SpecialIndex.done) }
        }
        try output.flush()
        // Each list takes about 6 KiB, all of them about 250 KiB.
        let limits = FileListLimits(entries: 1000, bytes: 64 << 10)
        var victim = ScriptedReceiver(sink.bytes, format, limits: limits)
        do throws(WireError) {
            try victim.receiveAll()
            #expect(areReleased)
        } catch {
            #expect(error.exitCode == 22 && !areReleased)
        }
        #expect((3...41).contains(victim.received.count))
        #expect((victim.received.count == 41) == areReleased)
    }

    @Test("names of users have their own limit, across lists")
    func names() throws {
        let format = FileListFormat(letters: "to", protocolVersion: 32, flags: 0x1fe)
        var input: [UInt8] = []
        // An entry, then names of 255 bytes for the ids 1, 2, ... up to 127: about 48 KiB in memory.
        input += bytes(hex: "04 01 61 \(Self.file) 00") + [0, 0]
        for id: UInt8 in 1...127 { input += [id, 0xff] + [UInt8](repeating: 0x66, count: 255) }
        input += [0, 0]
        func receive(_ limit: Int) throws(WireError) {
            var victim = ScriptedReceiver(input, format, limits: FileListLimits(entries: 1000, bytes: limit))
            try victim.receiveAll()
        }
        let error = #expect(throws: WireError.self) { try receive(16 * 40 << 10) }
        #expect(error?.exitCode == 22)
        #expect("\(error.map { "\($0)" } ?? "")".contains("names of users and groups"))
    }
}
