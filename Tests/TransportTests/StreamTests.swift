import Glibc
import LinuxSystem
import Testing
import TestSupport
import Transport

/// The ways to make two connected streams: one suite for every implementation.
enum Medium: String, CaseIterable, Sendable {
    case socketPair, pipes, tcp

    func connect() throws -> (any ByteStream, any ByteStream) {
        switch self {
        case .socketPair: return try SocketStream.pair()
        case .tcp:
            let listener = try Listener(HostPort(host: "127.0.0.1", port: 0))
            let near = try dial(listener.address, within: .seconds(10))
            return (near, try listener.accept(within: .seconds(10)))
        case .pipes:
            let forth = try pipe()
            let back = try pipe()
            return (
                try PipeStream(
                    reading: Descriptor(owning: back[0]),
                    writing: Descriptor(owning: forth[1]),
                    peerDescription: "far"
                ),
                try PipeStream(
                    reading: Descriptor(owning: forth[0]),
                    writing: Descriptor(owning: back[1]),
                    peerDescription: "near"
                )
            )
        }
    }

    private func pipe() throws -> [Int32] {
        var ends: [Int32] = [-1, -1]
        try systemCall("pipe2") { pipe2(&ends, O_CLOEXEC) }
        return ends
    }
}

@Suite("ByteStream")
struct StreamTests {
    @Test("carries bytes both ways at once", .timeLimit(.minutes(10)), arguments: Medium.allCases)
    func duplex(medium: Medium) throws {
        let (near, far) = try medium.connect()
        let count = 20_000_000
        let threads = try [(near, far), (far, near)].map { reader, writer in
            (
                try Background {
                    var sum = 0
                    while true {
                        let piece = try reader.read(upTo: 300_000)
                        guard !piece.isEmpty else { return sum }
                        sum += piece.reduce(0) { $0 + Int($1) }
                    }
                },
                try Background {
                    let piece = [UInt8](repeating: 3, count: 500_000)
                    for _ in 0..<(count / piece.count) { try writer.write(piece) }
                    try writer.closeWrite()
                }
            )
        }
        for (reader, writer) in threads {
            try writer.value()
            #expect(try reader.value() == 3 * count)
        }
        #expect(near.activity.bytesRead == UInt64(count))
        #expect(near.activity.bytesWritten == UInt64(count))
    }

    @Test(
        "takes available bytes without waiting, and distinguishes no data yet from the end",
        arguments: Medium.allCases
    )
    func readNow(medium: Medium) throws {
        let (near, far) = try medium.connect()
        let buffer = ByteMemory(count: 100).all
        #expect(try near.readNow(into: buffer) == nil)
        try far.write([1, 2, 3])
        #expect(try near.read(upTo: 1) == [1])
        #expect(try near.readNow(into: buffer) == 2)
        #expect(Array(copying: buffer.prefix(2).span) == [2, 3] && near.activity.bytesRead == 3)
        #expect(try near.readNow(into: buffer) == nil)
        try far.closeWrite()
        #expect(try near.read(upTo: 1).isEmpty)
        #expect(try near.readNow(into: buffer) == 0)
        near.close()
        #expect(throws: TransportError.self) { try near.readNow(into: buffer) }
    }

    @Test("a silent peer is a named timeout", .timeLimit(.minutes(10)), arguments: Medium.allCases)
    func readTimeout(medium: Medium) throws {
        let (near, far) = try medium.connect()
        near.readTimeout = .milliseconds(20)
        let expected = TransportError.timedOut(
            waitingFor: "bytes from \(near.peerDescription)",
            after: .milliseconds(20)
        )
        #expect(throws: expected) { try near.read(upTo: 1) }
        #expect(near.activity.sinceLastRead >= .milliseconds(20))
        far.close()
        #expect(try near.read(upTo: 1).isEmpty)
    }

    @Test("a peer that reads nothing is a named timeout", .timeLimit(.minutes(10)), arguments: Medium.allCases)
    func writeTimeout(medium: Medium) throws {
        let (near, far) = try medium.connect()
        near.writeTimeout = .milliseconds(20)
        let expected = TransportError.timedOut(
            waitingFor: "\(near.peerDescription) to accept bytes",
            after: .milliseconds(20)
        )
        #expect(throws: expected) { try near.write([UInt8](repeating: 0, count: 50_000_000)) }
        far.close()
    }

    @Test("closing wakes a blocked reader and a blocked writer", .timeLimit(.minutes(10)), arguments: Medium.allCases)
    func closeWakes(medium: Medium) throws {
        let (near, far) = try medium.connect()
        let reader = try Background { #expect(throws: TransportError.self) { try near.read(upTo: 1) } }
        let writer = try Background {
            #expect(throws: TransportError.self) { try near.write([UInt8](repeating: 0, count: 50_000_000)) }
        }
        // The writer is on its way, at the latest blocked, once bytes arrive.
        _ = try far.read(upTo: 1)
        near.close()
        near.close()
        #expect(try reader.value() == .closed(peer: near.peerDescription))
        #expect(try writer.value() == .closed(peer: near.peerDescription))
        #expect(throws: TransportError.closed(peer: near.peerDescription)) { try near.write([1]) }
        while !(try far.read(upTo: 1_000_000)).isEmpty {}
    }

    @Test(
        "a peer that is gone breaks a write and does not kill the process",
        .timeLimit(.minutes(10)),
        arguments: Medium.allCases
    )
    func brokenPipe(medium: Medium) throws {
        let (near, far) = try medium.connect()
        far.close()
        #expect(throws: TransportError.reset(peer: near.peerDescription, operation: "writing")) {
            for _ in 0..<100 { try near.write([UInt8](repeating: 0, count: 100_000)) }
        }
    }

    @Test("the end of one direction leaves the other open", .timeLimit(.minutes(10)), arguments: Medium.allCases)
    func halfClose(medium: Medium) throws {
        let (near, far) = try medium.connect()
        try near.closeWrite()
        try near.closeWrite()
        #expect(try far.read(upTo: 1).isEmpty)
        try far.write([5])
        #expect(try near.read(upTo: 9) == [5])
    }

    @Test("a pipe's blocking mode is put back at the end")
    func flagsRestored() throws {
        var ends: [Int32] = [-1, -1]
        try systemCall("pipe2") { pipe2(&ends, O_CLOEXEC) }
        let kept = Descriptor(owning: ends[0])
        let stream = try PipeStream(
            reading: try kept.duplicate(),
            writing: Descriptor(owning: ends[1]),
            peerDescription: "nobody"
        )
        #expect(fcntl(kept.rawValue, F_GETFL) & O_NONBLOCK != 0)
        stream.close()
        #expect(fcntl(kept.rawValue, F_GETFL) & O_NONBLOCK == 0)
    }

    @Test("reads a file through the pipe stream", .timeLimit(.minutes(10)))
    func regularFile() throws {
        let reading = Descriptor(owning: try systemCall("open") { open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC) })
        let writing = Descriptor(owning: try systemCall("open") { open("/dev/null", O_WRONLY | O_CLOEXEC) })
        let stream = try PipeStream(reading: reading, writing: writing, peerDescription: "files")
        #expect(try !stream.read(upTo: 100).isEmpty)
        try stream.write([1, 2])
        stream.close()
    }
}
