import LinuxSystem
import RsyncWire
import Synchronization
import Transport

/// Writes to a stream at a limited rate, and on its own thread once there is much to write: reading and checksumming
/// the next data run concurrently with encryption and sending.
///
/// ## Concurrency model
/// One thread, the owner of the output, uses a sink. Buffers circulate: the output → `full` → thread `dvm-send` →
/// `empty` → the output. The owner of the output writes to the stream itself only while no buffer is in flight.
final class StreamSink: WireSink {
    /// Smaller amounts are written immediately when no buffer is in flight: a hand-over would cost more than it gains.
    private static let directLimit = 128 * 1024
    /// The number of circulating buffers.
    private static let poolSize = 4

    private let writer: StreamWriter
    private var thread: WorkerThread?
    private var buffers = 1

    /// Prepares to write.
    ///
    /// - Parameters:
    ///   - stream: The stream to write to.
    ///   - kibibytesPerSecond: The rate limit in KiB/s; 0 for none.
    ///   - pace: Changes the limit; nil when nobody does.
    init(stream: any ByteStream, kibibytesPerSecond: Int64 = 0, pace: SessionPace? = nil) {
        writer = StreamWriter(stream, kibibytesPerSecond: kibibytesPerSecond, pace, capacity: Self.poolSize)
    }

    deinit { writer.full.close() }

    func send(_ full: OutputBuffer) throws(WireError) -> OutputBuffer {
        let isLarge = full.bytes.count >= Self.directLimit
        if isLarge, thread == nil {
            let writer = writer
            // If no thread can be started, this one writes.
            thread = try? WorkerThread(name: "dvm-send") { writer.run() }
        }
        if thread == nil || !isLarge && writer.isIdle {
            try writer.write(full)
            return full
        }
        try writer.submit(full)
        guard buffers == Self.poolSize else {
            buffers += 1
            return OutputBuffer(capacity: full.capacity)
        }
        return try writer.freeBuffer()
    }

    /// Ends the rate limit when it is interrupted.
    var haste: any Interruptible { writer }

    /// How long the peer has not accepted what is being written.
    var wait: PeerWait { writer.wait }

    /// Waits until everything has been written and ends the thread; nothing large may be sent afterwards.
    ///
    /// - Throws: The failure to write, if there was one.
    func settle() throws(WireError) {
        writer.full.close()
        thread?.join()
        try writer.check()
    }
}

/// The part of a sink that writes to the stream, on either thread.
private final class StreamWriter: Interruptible {
    let full: BoundedQueue<OutputBuffer>
    private let empty: BoundedQueue<OutputBuffer>
    private let stream: any ByteStream
    private let ownLimit: Int64
    private let pace: SessionPace?
    private let limit = Mutex(BandwidthLimit())
    private let inProgress = Atomic<Int>(0)
    private let isHasty = Atomic<Bool>(false)
    private let failure = Mutex<WireError?>(nil)
    let wait = PeerWait()

    init(_ stream: any ByteStream, kibibytesPerSecond: Int64, _ pace: SessionPace?, capacity: Int) {
        self.stream = stream
        ownLimit = kibibytesPerSecond
        self.pace = pace
        full = BoundedQueue(capacity: capacity, name: "bytes for the peer")
        empty = BoundedQueue(capacity: capacity, name: "free buffers for the peer")
    }

    /// Whether everything submitted has been written.
    var isIdle: Bool { inProgress.load(ordering: .acquiring) == 0 }

    func interrupt() { isHasty.store(true, ordering: .relaxed) }

    /// Throws if writing has failed.
    func check() throws(WireError) {
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Passes a buffer to the thread.
    func submit(_ buffer: OutputBuffer) throws(WireError) {
        inProgress.add(1, ordering: .relaxed)
        guard full.push(buffer) else { throw failureOrEnd }
    }

    /// Waits for a buffer that the thread has finished with.
    func freeBuffer() throws(WireError) -> OutputBuffer {
        guard let buffer = empty.pop() else { throw failureOrEnd }
        return buffer
    }

    private var failureOrEnd: WireError { failure.withLock { $0 } ?? .ended(field: "output") }

    /// The body of the thread.
    func run() {
        while let buffer = full.pop() {
            do throws(WireError) {
                try write(buffer)
            } catch {
                failure.withLock { $0 = error }
                full.cancel()
                empty.cancel()
                return
            }
            // Before the buffer is freed: the thread that takes it must see that it is no longer in flight.
            inProgress.subtract(1, ordering: .releasing)
            empty.push(buffer)
        }
    }

    /// Writes a buffer before it returns.
    func write(_ buffer: OutputBuffer) throws(WireError) {
        let bytes = buffer.bytes
        do throws(TransportError) {
            try limit.withLock { (limit) throws(TransportError) in
                var offset = 0
                while offset < bytes.count {
                    limit.change(to: isHasty.load(ordering: .relaxed) ? 0 : pace?.limit ?? ownLimit)
                    let piece = min(bytes.count - offset, limit.pieceLength)
                    let rest = bytes[offset..<offset + piece]
                    try wait.during { () throws(TransportError) in try stream.write(rest.bytes) }
                    offset += piece
                    limit.wrote(piece)
                }
            }
        } catch {
            throw .transport(error)
        }
    }
}
