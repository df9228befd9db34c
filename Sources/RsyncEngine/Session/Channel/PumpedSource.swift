import LinuxSystem
import RsyncWire
import Synchronization
import Transport

/// Reads a stream ahead on its own thread, so that receiving and decrypting run concurrently with decoding.
///
/// Until ``readAhead()`` there is no thread, and one small buffer: that is the cost of a peer that has not logged in.
///
/// ## Concurrency model
/// Buffers circulate: `empty` → thread `demultiplex` → `full` → the decoding thread → `empty`. A thread that took a
/// buffer from a queue may use it until it passes it on; the decoding thread may let others continue to read a buffer
/// through a ``Lease``, and the last of them releases it. `current` and `role` belong to the decoding thread;
/// everything else is a queue or atomic.
final class PumpedSource: WireSource, @unchecked Sendable {
    static let bufferLength = 1 << 20
    /// The size of the only buffer before ``readAhead()``.
    private static let firstLength = 4096

    /// A buffer and its fill level.
    fileprivate final class Piece: @unchecked Sendable {
        let memory: ByteMemory
        var count = 0
        var failure: TransportError?
        /// The number of its readers.
        let readers = Atomic<Int>(0)

        init(length: Int) { memory = ByteMemory(count: length) }

        /// Removes a reader; the last one returns the buffer for refilling.
        func release(to empty: BoundedQueue<Piece>) {
            if readers.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { empty.push(self) }
        }

        /// Reads what is available; a count of 0 marks the end, with the failure if there was one.
        ///
        /// What is available after the first read is read too: waking the decoding thread costs more than moving the
        /// bytes.
        ///
        /// - Parameters:
        ///   - stream: The stream to read.
        ///   - late: A failure that occurred after the bytes of the last piece.
        ///   - wait: Records how long it waits.
        func fill(from stream: any ByteStream, _ late: inout TransportError?, _ wait: PeerWait) {
            (count, failure) = (0, late)
            guard failure == nil else { return }
            do throws(TransportError) {
                count = try wait.during { () throws(TransportError) in try firstBytes(from: stream) }
            } catch {
                failure = error
            }
            do throws(TransportError) {
                while count > 0, count < Self.worthMore {
                    guard let more = try stream.readNow(into: memory[count..<memory.count]), more > 0 else { return }
                    count += more
                }
            } catch {
                late = error
            }
        }

        /// Waits for bytes until the read timeout, which is extended by writes: rsync's `--timeout`, for which this
        /// side's own keep-alives count (protocol specification, session 10.1).
        private func firstBytes(from stream: any ByteStream) throws(TransportError) -> Int {
            while true {
                do throws(TransportError) {
                    return try stream.read(into: memory.all)
                } catch {
                    guard case .timedOut = error else { throw error }
                    // A limit that was lifted during the wait does not count.
                    if let limit = stream.readTimeout, stream.activity.sinceLastWrite >= limit { throw error }
                }
            }
        }

        /// A piece with fewer bytes has enough space to make another read worthwhile.
        private static let worthMore = bufferLength - 128 * 1024
    }

    /// The right to keep reading a buffer that the decoding thread has left.
    final class Lease: Sendable {
        private let piece: Piece
        private let empty: BoundedQueue<Piece>

        fileprivate init(_ piece: Piece, _ empty: BoundedQueue<Piece>) {
            self.piece = piece
            self.empty = empty
            piece.readers.add(1, ordering: .relaxed)
        }

        deinit { piece.release(to: empty) }
    }

    private let full = BoundedQueue<Piece>(capacity: 64, name: "bytes from the peer")
    private let empty = BoundedQueue<Piece>(capacity: 64, name: "free buffers")
    private let ended = BoundedQueue<Never>(capacity: 1, name: "end of the stream")
    private var current: Piece?
    private let stream: any ByteStream
    private let pieces: Int
    private let first = Piece(length: firstLength)
    private var thread: WorkerThread?
    /// How long the reading thread has waited for the peer.
    let wait = PeerWait()
    /// The role that the decoding thread reads for; nil before the session begins.
    weak var role: (any ReadingRole)?
    private let taken = Atomic<Int64>(0)

    /// Prepares to read.
    ///
    /// - Parameters:
    ///   - stream: The stream to read; its read timeout applies only while nothing is written either (protocol
    ///     specification, session 10.1).
    ///   - pieces: The number of 1 MiB buffers that may be filled ahead.
    init(stream: any ByteStream, pieces: Int = 8) {
        self.stream = stream
        self.pieces = pieces
    }

    /// Starts reading ahead; called once, on the decoding thread.
    ///
    /// - Throws: ``SystemError`` when no thread could be started.
    func readAhead() throws(SystemError) {
        for _ in 0..<pieces { empty.push(Piece(length: Self.bufferLength)) }
        let (stream, full, empty, ended, wait) = (stream, full, empty, ended, wait)
        thread = try WorkerThread(name: "dvm-demultiplex") {
            var late: TransportError?
            while let piece = empty.pop() {
                piece.fill(from: stream, &late, wait)
                let isLast = piece.count == 0
                guard full.push(piece), !isLast else { break }
            }
            full.close()
            ended.close()
        }
    }

    /// Waits for the end of the stream, clean or not.
    ///
    /// - Returns: False if the time ran out first.
    func waitForEnd(within limit: Duration) -> Bool {
        if case .timedOut = ended.pop(within: limit) { return false }
        return true
    }

    /// Bytes that the decoding thread has received so far; may be read on any thread.
    var bytesTaken: Int64 { taken.load(ordering: .relaxed) }

    func next() throws(WireError) -> MemorySlice {
        if let current {
            if current.count == 0 { return try ended(current) }
            role?.willLeaveBuffer()
            current.release(to: empty)
            self.current = nil
        }
        guard thread != nil else { return try readDirectly() }
        var piece = full.tryPop()
        if piece == nil {
            try role?.willWait()
            piece = full.pop()
        }
        guard let piece else { return .empty }
        piece.readers.store(1, ordering: .relaxed)
        current = piece
        guard piece.count > 0 else { return try ended(piece) }
        taken.add(Int64(piece.count), ordering: .relaxed)
        return piece.memory[0..<piece.count]
    }

    /// Reads into the first buffer, which does not circulate.
    private func readDirectly() throws(WireError) -> MemorySlice {
        do throws(TransportError) {
            first.count = try stream.read(into: first.memory.all)
        } catch {
            first.count = 0
            first.failure = error
        }
        // One more than there are readers, so that the last release does not pass it to the thread.
        first.readers.store(2, ordering: .relaxed)
        current = first
        guard first.count > 0 else { return try ended(first) }
        taken.add(Int64(first.count), ordering: .relaxed)
        return first.memory[0..<first.count]
    }

    private func ended(_ piece: Piece) throws(WireError) -> MemorySlice {
        if let failure = piece.failure { throw .transport(failure) }
        return .empty
    }

    /// Allows the current buffer to be read after the decoding thread has left it.
    ///
    /// - Returns: Nil when there is no current buffer.
    func lease() -> Lease? { current.map { Lease($0, empty) } }

    /// Makes the decoding thread see the end of the stream immediately; may be called on any thread.
    func interrupt() { full.push(Piece(length: 1)) }

    /// Discards what the peer still sends, until it closes or the time is up: closing with unread bytes would make the
    /// kernel discard what the peer has not read.
    ///
    /// Called after the decoding thread has stopped reading.
    func drain(within limit: Duration) {
        let end = ContinuousClock.now + limit
        guard thread != nil else { return drainDirectly(until: end) }
        while ContinuousClock.now < end {
            switch full.pop(within: end - .now) {
            case .element(let piece):
                if piece.memory.count == Self.bufferLength { empty.push(piece) }
            case .closed, .timedOut: return
            }
        }
    }

    private func drainDirectly(until end: ContinuousClock.Instant) {
        do throws(TransportError) {
            while ContinuousClock.now < end {
                stream.readTimeout = end - .now
                guard try stream.read(into: first.memory.all) > 0 else { return }
            }
        } catch {
            // The peer is gone, or its time is up.
        }
    }

    /// Ends the thread; called when the stream has been closed, or is at its end.
    func stop() {
        empty.cancel()
        full.cancel()
        thread?.join()
    }
}
