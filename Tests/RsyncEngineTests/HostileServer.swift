import Foundation
import LinuxSystem
import RsyncEngine
import RsyncOptions
import RsyncWire
import TestSupport
import Transport
import VolumeAccess

/// Bytes of a stream for a scripted peer.
final class StreamSource: WireSource {
    private let stream: SocketStream
    private let buffer = ByteMemory(count: 65536)

    init(_ stream: SocketStream) { self.stream = stream }

    func next() throws(WireError) -> MemorySlice {
        do throws(TransportError) {
            return buffer[0..<(try stream.read(into: buffer.all))]
        } catch {
            throw .transport(error)
        }
    }
}

/// Bytes for a stream of a scripted peer.
final class StreamOutput: WireSink {
    private let stream: SocketStream
    init(_ stream: SocketStream) { self.stream = stream }

    func send(_ full: OutputBuffer) throws(WireError) -> OutputBuffer {
        do throws(TransportError) {
            try stream.write(full.bytes.bytes)
            return full
        } catch {
            throw .transport(error)
        }
    }
}

/// A server that sends `.`, the directory `d`, the file `f` of 5 bytes and the link `l`, and then what a test wants.
struct HostileServer {
    let input: WireInput
    let output: WireOutput
    let parameters: SessionParameters
    /// Indices of the list in sorted order: `.`, `f`, `l`, `d`.
    static let root: Int32 = 1
    static let file: Int32 = 2
    static let link: Int32 = 3
    static let directory: Int32 = 4

    /// What a script throws to end its direction without a goodbye.
    struct Ends: Error {}

    private static func list() -> FileList {
        let list = FileList(start: 1, directory: -1)
        for (name, mode) in [(".", 0o040755), ("d", 0o040755), ("f", 0o100644), ("l", 0o120777)] {
            var entry = FileEntry()
            entry.mode = UInt32(mode)
            entry.size = name == "f" ? 5 : name == "l" ? 1 : 0
            if entry.isDirectory { entry.flags = [.hasContents] }
            if name == "l" {
                var extra = FileEntryExtra()
                extra.targetStart = list.store([UInt8(ascii: "x")])
                extra.targetLength = 1
                entry.extra = Int32(list.extras.count)
                list.extras.append(extra)
            }
            _ = list.add(entry, parent: [], leaf: Array(name.utf8).span)
        }
        list.sort()
        return list
    }

    /// Lets a client pull from the server.
    ///
    /// - Parameters:
    ///   - path: What the client requests.
    ///   - place: Where the client puts files.
    ///   - options: The client's.
    ///   - script: What the server does behind its first list.
    /// - Returns: The client's result.
    /// - Throws: `Hangs` when the client does not come to an end.
    static func pull(
        requesting path: String = "/",
        into place: Place,
        options: TransferOptions = .mirror,
        _ script: @escaping @Sendable (HostileServer) throws -> Void
    ) throws -> SessionResult {
        let (near, far) = try SocketStream.pair()
        var options = options
        // With hard links a client waits for more lists, which this server does not send.
        options.attributes.hardLinks = false
        let client = ClientSession(stream: near, options: options, observer: SilentObserver())
        let direction = ClientSession.Direction.pull(
            [Array(path.utf8)],
            into: DestinationArgument(path: Array(place.destination.utf8))
        )
        let arguments = client.serverArguments(direction)
        let server = try Background {
            defer { far.close() }
            let input = WireInput(source: StreamSource(far))
            let output = WireOutput(sink: StreamOutput(far))
            let parameters = try Handshake.server(arguments, input: input, output: output)
            _ = try FilterList.read(from: input)
            var encoder = FileListEncoder(format: FileListFormat(arguments.options, parameters)) { _, _ in nil }
            try encoder.encode(list(), to: output)
            try encoder.encodeEnd(errorBits: 0, to: output)
            do {
                try script(HostileServer(input: input, output: output, parameters: parameters))
                try output.flush()
            } catch is Ends {
                try output.flush()
                try far.closeWrite()
            }
            // The client hears everything before the end: it stops by itself, or reads to here.
            while try input.hasMore() { _ = try input.byte("whatever the client says") }
        }
        let result = try Background { client.run(direction) }
        let ended = try result.value()
        _ = try? server.value()
        return ended
    }

    /// Reads the client's requests up to the one for an index.
    func awaitRequest(_ wanted: Int32) throws {
        try output.flush()
        while true {
            let index = try input.index()
            guard index >= 0 else { continue }
            let item = try Item.read(from: input)
            guard item.flags.contains(.transfer) else { continue }
            _ = try bytesOfHead()
            if index == wanted { return }
        }
    }

    private func bytesOfHead() throws -> [UInt8] {
        let head = try input.bytes(16, "a sum head")
        precondition(head.prefix(4) == [0, 0, 0, 0], "the destination was empty")
        return head
    }

    /// Writes the head of an answer.
    func answer(_ index: Int32, head: [Int32] = [0, 0, 0, 0]) throws {
        try output.index(index)
        try Item(flags: [.transfer]).write(to: output)
        for number in head { try output.int32(number) }
    }

    /// Writes literal data, the end and a sum.
    func send(_ data: [UInt8], sum: [UInt8]) throws {
        try output.int32(Int32(data.count))
        try output.bytes(data)
        try output.int32(0)
        try output.bytes(sum)
    }

    /// Reads the client's requests up to the one for an index, with the sums of a basis.
    ///
    /// - Returns: The sum head.
    func awaitRequestWithSums(_ wanted: Int32) throws -> [Int32] {
        try output.flush()
        while true {
            let index = try input.index()
            guard index >= 0, try Item.read(from: input).flags.contains(.transfer) else { continue }
            let head = try (0..<4).map { _ in try input.int32("a sum head") }
            _ = try input.bytes(Int(head[0]) * (4 + Int(head[2])), "the sums of a basis")
            if index == wanted { return head }
        }
    }

    /// Sends an empty list for the directory and goes through the phases to the goodbye (protocol specification,
    /// session 7.1 and 7.4).
    func sayGoodbye() throws {
        try output.index(SpecialIndex.listOffset - 1)
        try output.byte(0)
        try output.varint(0)
        try output.index(SpecialIndex.endOfLists)
        var ends = 0
        while ends < 6 {
            try output.flush()
            switch try input.index() {
            case SpecialIndex.done:
                ends += 1
                if ends < 6 { try output.index(SpecialIndex.done) }
                if ends == 4 { for _ in 0..<5 { try output.varlong30(0, 3) } }
            case SpecialIndex.deletionStatistics: _ = try DeletionStatistics.read(from: input)
            default: _ = try Item.read(from: input)
            }
        }
    }
}
