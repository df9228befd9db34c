import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import Synchronization
import TestSupport
import Testing
import Transport
import VolumeAccess

@testable import RsyncEngine

/// How the threads and roles of a session are joined.
@Suite("Wiring of a session")
struct WiringTests {
    /// What was interrupted, in order.
    private final class Order: Sendable {
        let numbers = Mutex<[Int]>([])
        var all: [Int] { numbers.withLock { $0 } }
    }

    /// Notes when it is interrupted.
    private final class Wait: Interruptible {
        let number: Int
        let order: Order

        init(_ number: Int, _ order: Order) {
            self.number = number
            self.order = order
        }

        func interrupt() { order.numbers.withLock { $0.append(number) } }
    }

    @Test("the first failure interrupts each wait once, in order, and a wait that begins later at once")
    func failure() {
        let (state, order) = (SessionState.ofReceiver(), Order())
        let queue = BoundedQueue<Int>(capacity: 1, name: "numbers")
        state.interruptOnFailure(Wait(1, order), queue)
        state.interruptOnFailure(Wait(2, order))
        #expect(queue.push(7))
        state.fail(.cancelled)
        state.fail(.peerExit(12))
        #expect(order.all == [1, 2])
        #expect(queue.pop() == nil, "a queue that is interrupted drops what waits in it")
        state.interruptOnFailure(Wait(3, order))
        #expect(order.all == [1, 2, 3])
    }

    @Test("the last words of a peer are heard until the limit, and no stream is closed that has ended before")
    func lastWords() throws {
        let (near, far) = try SocketStream.pair()
        let words = LastWords(stream: near, limit: .milliseconds(50))
        words.interrupt()
        far.readTimeout = .seconds(10)
        #expect(try far.read(upTo: 1).isEmpty)
        let (second, other) = try SocketStream.pair()
        let ended = LastWords(stream: second, limit: .milliseconds(50))
        ended.end()
        ended.interrupt()
        other.readTimeout = .milliseconds(300)
        #expect(throws: TransportError.self) { try other.read(upTo: 1) }
    }

    // MARK: the finishers' queues

    private static func small(_ number: Int32, _ count: Int) -> FileJob {
        .small([UInt8](repeating: 1, count: count), .ofNewFile(index: number))
    }

    private static func lengths(_ batch: [FileJob]?) -> [Int64]? {
        batch?.map { if case .finish(_, let length) = $0 { length } else { -1 } }
    }

    private static func numbers(_ batch: [FileJob]?) -> [Int32]? {
        batch?.map { if case .small(_, let plan) = $0 { plan.index } else { -1 } }
    }

    @Test("jobs are handed over in their order: 64 at once, or a buffer's length, or what there is")
    func batches() {
        let queue = BoundedQueue<[FileJob]>(capacity: .max, name: "jobs")
        let jobs = FileJobBatch(queues: [queue])
        jobs.handOver()
        #expect(queue.tryPop() == nil, "nothing is no batch")
        for number in 0..<65 { jobs.add(Self.small(Int32(number), 10)) }
        #expect(Self.numbers(queue.tryPop()) == Array(0..<64))
        #expect(queue.tryPop() == nil)
        jobs.add(Self.small(65, BufferPool.length / 2))
        jobs.add(Self.small(66, BufferPool.length / 2))
        #expect(Self.numbers(queue.tryPop()) == [64, 65, 66])
        jobs.add(Self.small(67, 10))
        jobs.handOver()
        #expect(Self.numbers(queue.tryPop()) == [67])
    }

    @Test("small files go to the queue in which least waits, the jobs of a large file to the first in their order")
    func severalFinishers() throws {
        let queues = (0..<2).map { _ in BoundedQueue<[FileJob]>(capacity: .max, name: "jobs") }
        let jobs = FileJobBatch(queues: queues)
        jobs.add(Self.small(1, 30))
        jobs.handOver()
        jobs.add(Self.small(2, 10))
        jobs.handOver()
        jobs.add(Self.small(3, 10))
        jobs.handOver()
        #expect(Self.numbers(queues[1].tryPop()) == [1])
        #expect(Self.numbers(queues[0].tryPop()) == [2])
        #expect(Self.numbers(queues[0].tryPop()) == [3], "the other had more to do")
        let directory = try TemporaryDirectory()
        let volume = try Volume.open(path: directory.path)
        let staged = try volume.root.stage(Array("large".utf8).span, replacing: false)
        let target = FileTarget(plan: .ofNewFile(index: 4), place: .staged(staged))
        for length in Int64(0)..<70 { jobs.add(.finish(target, length: length)) }
        jobs.add(Self.small(5, 10))
        jobs.handOver()
        #expect(Self.lengths(queues[0].tryPop()) == Array(0..<64))
        #expect(Self.lengths(queues[0].tryPop()) == Array(64..<70))
        #expect(queues[0].tryPop() == nil)
        #expect(Self.numbers(queues[1].tryPop()) == [5])
        queues[0].push([])
        jobs.add(.small([1], .ofNewFile(index: 6, attempt: 1)))
        jobs.handOver()
        #expect(queues[0].tryPop()?.isEmpty == true)
        #expect(Self.numbers(queues[0].tryPop()) == [6], "it comes after what was to be discarded of the first attempt")
        #expect(queues[1].tryPop() == nil)
    }

    @Test("small files are handed over before a large one's jobs, whose queue may be full", .timeLimit(.minutes(10)))
    func fullQueue() throws {
        let queues = (0..<2).map { _ in BoundedQueue<[FileJob]>(capacity: 10, name: "jobs") }
        queues[0].push([], weight: 100)
        let adding = try Background {
            let jobs = FileJobBatch(queues: queues)
            jobs.add(Self.small(1, 10))
            for _ in 0..<64 { jobs.add(.mark(BoundedQueue<Never>(capacity: 1, name: "never"))) }
        }
        guard case .element(let batch) = queues[1].pop(within: .seconds(20)) else {
            Issue.record("the small file waits for the large one")
            return queues[0].close()
        }
        #expect(Self.numbers(batch) == [1])
        #expect(queues[0].pop()?.isEmpty == true)
        try adding.value()
    }

    @Test("who waits for the finishers waits for each of them", .timeLimit(.minutes(10)))
    func awaitedFinishers() throws {
        let queues = (0..<2).map { _ in BoundedQueue<[FileJob]>(capacity: .max, name: "jobs") }
        let waiting = try Background {
            let jobs = FileJobBatch(queues: queues)
            jobs.add(Self.small(1, 10))
            jobs.awaitFinished()
        }
        var numbers: [[Int32]] = []
        for queue in queues {
            var found: BoundedQueue<Never>?
            while found == nil, case .element(let batch) = queue.pop(within: .seconds(20)) {
                if case .mark(let mark) = batch.last { found = mark } else { numbers.append(Self.numbers(batch) ?? []) }
            }
            #expect(found != nil, "a finisher was not asked")
            found?.close()
        }
        try waiting.value()
        #expect(numbers == [[1]])
    }

    // MARK: the reading role

    /// Notes what the decoding thread tells it.
    private final class Role: ReadingRole {
        let messages: PeerMessages
        private let source: PumpedSource
        private(set) var notes: [String] = []

        init(_ state: SessionState, _ channel: SessionChannel) {
            messages = PeerMessages(state: state, channel: channel)
            source = channel.source
        }

        func noteNotSent(_ index: Int32) { notes.append("not sent \(index)") }
        func noteInPlace(_ index: Int32) { notes.append("in place \(index)") }
        func willLeaveBuffer() { notes.append("leaves after \(source.bytesTaken)") }
        func willWait() { notes.append("waits") }
    }

    private final class FrameSink: WireSink {
        private(set) var bytes: [UInt8] = []

        func send(_ full: OutputBuffer) throws(WireError) -> OutputBuffer {
            bytes.append(copying: full.bytes.span)
            return full
        }
    }

    /// What a peer writes: two bytes of data and the message that file 77 is not sent.
    private static func frames() throws -> [UInt8] {
        let sink = FrameSink()
        let output = WireOutput(sink: sink)
        output.startMultiplexing()
        try output.bytes([1, 2])
        try output.message(.noSend, number: 77)
        try output.flush()
        return sink.bytes
    }

    @Test("a role is told of messages, of waits, and of each buffer that is left, as long as it is there")
    func reading() throws {
        let (near, far) = try SocketStream.pair()
        let state = SessionState.ofReceiver()
        let channel = try SessionChannel(stream: near, bandwidthLimit: 0)
        channel.input.startMultiplexing()
        let frames = try Self.frames()
        var role: Role? = Role(state, channel)
        channel.read(for: try #require(role))
        try far.write(frames)
        #expect(try channel.input.bytes(2, "data") == [1, 2])
        let more = try Background { [frames] in
            _ = BoundedQueue<Never>(capacity: 1, name: "a while").pop(within: .milliseconds(200))
            try? far.write(frames)
        }
        #expect(try channel.input.bytes(2, "data") == [1, 2])
        _ = try more.value()
        let notes = try #require(role).notes
        #expect(notes.filter { $0 != "waits" } == ["not sent 77", "leaves after \(frames.count)"])
        #expect(notes.last == "waits")
        #expect(channel.source.bytesTaken == 2 * Int64(frames.count))
        #expect(channel.input.bytesRead == channel.source.bytesTaken)
        role = nil
        try far.write(frames)
        #expect(try channel.input.bytes(2, "data") == [1, 2])
        #expect(state.failure == nil)
        channel.close(after: nil)
        far.close()
    }

    @Test("what is left when a session fails is written without the rate limit")
    func haste() throws {
        let (near, far) = try SocketStream.pair()
        let channel = SessionChannel(stranger: near, bandwidthLimit: 1)
        channel.haste.interrupt()
        let start = ContinuousClock.now
        try channel.output.bytes([UInt8](repeating: 7, count: 30_000))
        try channel.output.flush()
        #expect(ContinuousClock.now - start < .seconds(15))
        far.close()
        near.close()
    }

    @Test(
        "a pipe stays open until the peer has gone, if it was told the exit code and may still write",
        .timeLimit(.minutes(10)),
        arguments: [true, false]
    )
    func awaitedPeer(isTold: Bool) throws {
        let (near, far) = try Self.pipes()
        let channel = try SessionChannel(stream: near, bandwidthLimit: 0)
        channel.output.startMultiplexing()
        try channel.output.message(.error, Array("why".utf8))
        if isTold { try channel.output.message(.errorExit, number: 1) }
        try channel.output.flush()
        let peer = try Background {
            defer { far.close() }
            // More than pipes and buffers hold: one that notices the end while it writes never reads why.
            for _ in 0..<64 { try far.write([UInt8](repeating: 0, count: 64 << 10)) }
        }
        channel.close(after: .usage("why", exitCode: 1))
        if isTold {
            try peer.value()
        } else {
            #expect(throws: TransportError.self) { try peer.value() }
        }
    }

    /// Both ends of two pipes.
    private static func pipes() throws -> (near: PipeStream, far: PipeStream) {
        var (there, back): ([Int32], [Int32]) = ([0, 0], [0, 0])
        let results = (pipe2(&there, O_CLOEXEC), pipe2(&back, O_CLOEXEC))
        try #require(results == (0, 0))
        let near = try PipeStream(
            reading: Descriptor(owning: there[0]),
            writing: Descriptor(owning: back[1]),
            peerDescription: "far"
        )
        let far = try PipeStream(
            reading: Descriptor(owning: back[0]),
            writing: Descriptor(owning: there[1]),
            peerDescription: "near"
        )
        return (near, far)
    }

    @Test("a side that sends takes no word of files that are not sent")
    func notSent() throws {
        let (near, far) = try SocketStream.pair()
        let channel = SessionChannel(stranger: near)
        let reader = RequestReader(
            state: SessionState.ofReceiver(),
            channel: channel,
            events: BoundedQueue(capacity: 1, name: "requests")
        )
        let message = Message(tag: .noSend, payload: [77, 0, 0, 0])
        let error = #expect(throws: WireError.self) { try reader.receive(message) }
        #expect(error?.exitCode == 2)
        far.close()
        near.close()
    }

    @Test("a stock sender may be silent while it lists or searches, one of ours never")
    func senderWork() {
        let open = OpenRequests()
        #expect(SenderWork(sendsKeepAlives: false, open: open).allowance == .unlimited)
        #expect(SenderWork(sendsKeepAlives: true, open: open).allowance == .limit)
        open.endLists()
        #expect(SenderWork(sendsKeepAlives: false, open: open).allowance == .limit)
    }
}
