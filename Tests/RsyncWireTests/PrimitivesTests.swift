import LinuxSystem
import RsyncWire
import TestSupport
import Testing

/// Keeps the messages of an input.
private final class MessageRecorder: MessageReceiver {
    private(set) var messages: [Message] = []

    func receive(_ message: Message) { messages.append(message) }
}

/// Gives a byte array to an input in pieces of a fixed size.
final class ArraySource: WireSource {
    private let storage: MemorySlice
    private let pieceLength: Int
    private var offset = 0

    init(_ bytes: [UInt8], pieceLength: Int = .max) {
        storage = MemorySlice(copying: bytes.span)
        self.pieceLength = pieceLength
    }

    func next() throws(WireError) -> MemorySlice {
        let count = min(pieceLength, storage.count - offset)
        defer { offset += count }
        return storage[offset..<offset + count]
    }
}

/// Collects what an output writes.
final class ArraySink: WireSink {
    var bytes: [UInt8] = []

    func send(_ full: OutputBuffer) throws(WireError) -> OutputBuffer {
        bytes.append(copying: full.bytes.span)
        return full
    }
}

@Suite("Primitives of the wire")
struct PrimitivesTests {
    static let varints: [(Int32, String)] = [
        (0, "00"), (127, "7f"), (128, "80 80"), (255, "80 ff"), (256, "81 00"), (16383, "bf ff"), (16384, "c0 00 40"),
        (2_097_151, "df ff ff"), (2_097_152, "e0 00 00 20"), (268_435_455, "ef ff ff ff"),
        (268_435_456, "f0 00 00 00 10"), (2_147_483_647, "f0 ff ff ff 7f"), (-1, "f0 ff ff ff ff"),
        (-2_147_483_648, "f0 00 00 00 80"), (0x3218, "b2 18"),
    ]

    @Test("varint as in transfer 22", arguments: varints)
    func varint(value: Int32, expected: String) throws {
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        try output.varint(value)
        try output.flush()
        #expect(hex(sink.bytes) == hex(bytes(hex: expected)))
        let input = WireInput(source: ArraySource(bytes(hex: expected), pieceLength: 1))
        #expect(try input.varint("test") == value)
    }

    static let varlongs: [(Int, Int64, String)] = [
        (3, 0, "00 00 00"), (3, 5, "00 05 00"), (3, 4096, "00 00 10"), (3, 65535, "00 ff ff"), (3, 65536, "01 00 00"),
        (3, 8_388_607, "7f ff ff"), (3, 8_388_608, "80 00 00 80"), (3, 16_777_216, "81 00 00 00"),
        (3, 2_147_483_647, "c0 ff ff ff 7f"), (3, 4_294_967_296, "c1 00 00 00 00"),
        (3, 5_368_709_120, "c1 00 00 00 40"), (3, 1 << 40, "e1 00 00 00 00 00"),
        (3, -5, "fc fb ff ff ff ff ff ff ff"), (4, 1_500_000_000, "59 00 2f 68"), (4, 2_147_483_648, "80 00 00 00 80"),
        (4, 4_294_967_301, "81 05 00 00 00"), (4, 10_000_000_000, "82 00 e4 0b 54"),
        (4, -1, "f8 ff ff ff ff ff ff ff ff"), (4, -86400, "f8 80 ae fe ff ff ff ff ff"),
    ]

    @Test("varlong as in transfer 22", arguments: varlongs)
    func varlong(minimum: Int, value: Int64, expected: String) throws {
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        try output.varlong(value, minimum)
        try output.flush()
        #expect(hex(sink.bytes) == hex(bytes(hex: expected)))
        let input = WireInput(source: ArraySource(bytes(hex: expected), pieceLength: 2))
        #expect(try input.varlong(minimum, "test") == value)
    }

    static let indices: [(Int32, String)] = [
        (0, "01"), (1, "01"), (2, "01"), (256, "fe 00 fe"), (255, "fe 80 ff 00 00"), (255, "fe 00 00"),
        (33000, "fe 7f e9"), (-1, "00"), (33001, "01"), (-101, "ff 64"), (-102, "ff 01"), (-2, "ff fe 80 02 00 00"),
        (-2, "ff fe 00 00"), (-3, "ff 01"), (70000, "fe 80 70 11 01"), (0, "fe 80 00 00 00"),
    ]

    @Test("a sequence of indices as in transfer 22")
    func indices() throws {
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        for (value, _) in Self.indices { try output.index(value) }
        try output.flush()
        let expected = Self.indices.flatMap { bytes(hex: $0.1) }
        #expect(hex(sink.bytes) == hex(expected))
        let input = WireInput(source: ArraySource(expected, pieceLength: 3))
        for (value, _) in Self.indices { #expect(try input.index() == value) }
    }

    @Test("the peer has been told the exit code by its message alone")
    func toldExit() throws {
        let output = WireOutput(sink: ArraySink())
        output.startMultiplexing()
        try output.message(.error, Array("why".utf8))
        try output.message(.noSend, number: 1)
        #expect(!output.hasToldExit)
        try output.message(.errorExit, number: 1)
        #expect(output.hasToldExit)
    }

    @Test("frames carry data and messages, however the stream is cut", arguments: [1, 3, 7, 4096, .max])
    func frames(pieceLength: Int) throws {
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        try output.int32(32)
        output.startMultiplexing()
        let long = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try output.bytes(long)
        try output.message(.noSend, number: 77)
        try output.vstring(Array("name".utf8))
        try output.keepAlive()
        try output.keepAlive()
        let input = WireInput(source: ArraySource(sink.bytes, pieceLength: pieceLength))
        let receiver = MessageRecorder()
        input.messages = receiver
        #expect(try input.int32("version") == 32)
        input.startMultiplexing()
        #expect(try input.bytes(long.count, "long") == long)
        #expect(try input.vstring(limit: 10, tooLong: 2, "name") == Array("name".utf8))
        #expect(try input.hasMore() == false)
        #expect(receiver.messages == [Message(tag: .noSend, payload: [77, 0, 0, 0])])
    }

    @Test("a private or unknown tag ends the session", arguments: ["05000010", "00000000", "04000009"])
    func badTags(header: String) throws {
        let input = WireInput(source: ArraySource(bytes(hex: header + "0102030405")))
        input.startMultiplexing()
        let error = #expect(throws: WireError.self) { try input.byte("data") }
        #expect(error?.exitCode == 12)
    }

    @Test("an index beyond 2^31-1 is refused")
    func indexOverflow() throws {
        let input = WireInput(source: ArraySource(bytes(hex: "fe ff ff ff ff 01")))
        #expect(try input.index() == Int32.max)
        let error = #expect(throws: WireError.self) { try input.index() }
        #expect(error?.exitCode == 2)
    }
}
