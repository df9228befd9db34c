import FileMetadata
import RsyncWire
import TestSupport
import Testing

@Suite("ACLs and extended attributes of file lists")
struct ListedMetadataTests {
    static let captures = ["transfer-acl-xattr-p32-whole", "transfer-acl-xattr-p32-inc"]

    private func firstList(_ name: String) throws -> (bytes: [UInt8], receiver: ScriptedReceiver) {
        let capture = try AnnotatedCapture(name)
        var receiver = ScriptedReceiver(capture.bytes, try FileListFormat(header: capture.header))
        try receiver.receiveList()
        return (Array(capture.bytes[receiver.ranges[0]]), receiver)
    }

    @Test("writing rsync's list again gives its bytes", arguments: captures)
    func reencoding(name: String) throws {
        let (expected, receiver) = try firstList(name)
        let names = (receiver.decoder.userNames, receiver.decoder.groupNames)
        var encoder = FileListEncoder(format: receiver.format, metadata: receiver.metadata) { kind, id in
            (kind == .user ? names.0 : names.1)[id]
        }
        let list = receiver.received[0]
        for index in list.extras.indices { list.extras[index].inode = UInt64(max(0, list.extras[index].linkGroup)) }
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        output.dialect = receiver.format.dialect
        try encoder.encode(list, to: output)
        try encoder.encodeEnd(errorBits: list.errorBits, to: output)
        try output.flush()
        #expect(hex(sink.bytes) == hex(expected))
    }

    @Test("rsync's list is read as annotated")
    func fields() throws {
        let receiver = try firstList("transfer-acl-xattr-p32-whole").receiver
        let list = receiver.received[0]
        func attributes(_ name: String) throws -> EntryAttributes {
            list.attributes(of: try #require(list.entries.first { list.name(of: $0) == Array(name.utf8)[...] }))
        }
        let file = try attributes("f1")
        let access = AccessControlList(
            group: 4,
            named: [.init(isUser: true, id: 1, permissions: 6), .init(isUser: false, id: 54322, permissions: 4)]
        )
        #expect(receiver.metadata.accessList(file.accessList) == access)
        let found = receiver.metadata.set(file.extended).attributes
        #expect(found.map { String(decoding: $0.name, as: UTF8.self) } == ["user.long", "user.small", "user.zero"])
        #expect(found.map(\.length) == [100, 5, 0])
        #expect(
            found[0].value == nil && hex(found[0].digest) == "54a0e72a6698b70870420729 86fbe290".filter { $0 != " " }
        )
        #expect(found[1].value == Array("short".utf8) && found[2].value == [])
        #expect(try attributes(".") == EntryAttributes())
        #expect(receiver.metadata.accessList(try attributes("f3").accessList).isEmpty)
    }

    @Test("a request and its answer come back as they were")
    func values() throws {
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        try AttributeValues.write(request: [7, 0, 2], to: output)
        try AttributeValues.write([1, 2, 3], at: 0, after: -1, to: output)
        try AttributeValues.write([], at: 7, after: 0, to: output)
        try AttributeValues.writeEnd(to: output)
        try output.flush()
        let input = WireInput(source: ArraySource(sink.bytes, pieceLength: 1))
        #expect(try AttributeValues.readRequest(from: input) == [0, 2, 7])
        var answers: [Int: [UInt8]] = [:]
        try AttributeValues.readAnswer(from: input) { (place, value) throws(WireError) in answers[place] = value }
        #expect(answers == [0: [1, 2, 3], 7: []])
        #expect(try !input.hasMore())
    }

    @Test(
        "an answer out of range is an error of the protocol",
        arguments: ["f0 ff ff ff ff", "f0 ff ff ff 7f", "01 f0 ff ff ff ff", "01 c1 00 01", "c1 01 00 00"]
    )
    func outOfRange(_ text: String) {
        let input = WireInput(source: ArraySource(bytes(hex: text + " 00 00 00 00"), pieceLength: .max))
        let error = #expect(throws: WireError.self) {
            try AttributeValues.readAnswer(from: input) { (_, _) throws(WireError) in }
        }
        #expect(error?.exitCode == 2)
    }

    @Test("sets that are never used again count against the memory for lists")
    func memory() throws {
        // Each entry has a set of its own.
        var stream = ""
        for number in 0..<200 {
            let digits = [UInt8(number / 100), UInt8(number / 10 % 10), UInt8(number % 10)].map { $0 + 0x30 }
            stream +=
                "04 03 \(hex(digits)) 00 05 00 59 00 2f 68 a4 81 00 00  00 01 07 03 757365722e7800 \(hex(digits)) "
        }
        let format = FileListFormat(letters: "Xt", protocolVersion: 32, flags: 0x1fe)
        let limits = FileListLimits(entries: 1000, bytes: 40_000)
        var victim = ScriptedReceiver(bytes(hex: stream + "00 00"), format, limits: limits)
        let error = #expect(throws: WireError.self) { try victim.receiveAll() }
        #expect(error?.exitCode == 22)
        var ample = ScriptedReceiver(bytes(hex: stream + "00 00"), format)
        try ample.receiveAll()
        #expect(ample.received[0].count == 200 && ample.metadata.footprint > 20_000)
    }
}
