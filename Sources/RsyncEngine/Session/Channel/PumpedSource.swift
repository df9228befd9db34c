import LinuxSystem
import RsyncWire
import Synchronization
import Transport

/// Reads a stream ahead on a thread of its own, so that receiving and decrypting run beside decoding.
///
/// Until ``readAhead()`` there is no thread and one small buffer: a peer that has not logged in costs no more.
///
/// ## Concurrency model
/// Buffers travel in a circle: `empty` → thread `demultiplex` → `full` → the decoding thread → `empty`. Whoever took
/// a buffer from a queue may use it until it gives it on; the decoding thread may let others read on in a buffer by a
/// ``Lease``, and the last of them gives it back.
/// `current` and `role` belong to the decoding thread; everything else is a queue or atomic.
final class PumpedSource: WireSource, @unchecked Sendable {
    static let bufferLength = 1 << 20
    /// The buffer until ``readAhead()``.
    private static let firstLength = 4096

    /// A buffer and how much of it is filled.
    @safe fileprivate final class Piece: @unchecked Sendable {
        let memory: UnsafeMutableRawBufferPointer
        var count = 0
        var failure: TransportError?
        /// Who still reads in it.
        let readers = Atomic<Int>(0)

        init(length: Int) { unsafe memory = .allocate(byteCount: length, alignment: 64) }
        deinit { unsafe memory.deallocate() }

        /// One reader less; the last one lets the buffer be filled again.
        func release(to empty: BoundedQueue<Piece>) {
            if readers.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { empty.push(self) }
        }

        /// Reads what is there; a count of 0 marks the end, with the failure if that is what it was.
        ///
        /// What more is there after the first read comes along: waking the decoding thread costs more than moving the
        /// bytes.
        ///
        /// - Parameters:
        ///   - stream: Where the bytes come from.
        ///   - late: A failure that stands behind the bytes of the last piece.
        ///   - wait: Notes how long it waits.
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
                    let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count...])
                    guard let more = unsafe try stream.readNow(into: rest), more > 0 else { return }
                    count += more
                }
            } catch {
                late = error
            }
        }

        /// Waits for bytes, as long as the read time-out says or something is being written: `--timeout` of rsync, for
        /// which this side's own signs of life count (protocol specification, session 10.1).
        private func firstBytes(from stream: any ByteStream) throws(TransportError) -> Int {
            while true {
                do throws(TransportError) {
                    return unsafe try stream.read(into: memory)
                } catch {
                    guard case .timedOut = error else { throw error }
                    // A limit that was lifted during the wait is none.
                    if let limit = stream.readTimeout, stream.activity.sinceLastWrite >= limit { throw error }
                }
            }
        }

        /// A piece with fewer bytes has room for another read that is worth it.
        private static let worthMore = bufferLength - 128 * 1024
    }

    /// The right to go on reading in a buffer that the decoding thread has left.
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
    /// Whom the decoding thread reads for; nobody before the session begins.
    weak var role: (any ReadingRole)?
    private let taken = Atomic<Int64>(0)

    /// Prepares to read.
    ///
    /// - Parameters:
    ///   - stream: What is read; its read time-out counts only while nothing is written either (protocol specification,
    ///     session 10.1).
    ///   - pieces: Buffers of 1 MiB that may be filled ahead.
    init(stream: any ByteStream, pieces: Int = 8) {
        self.stream = stream
        self.pieces = pieces
    }

    /// Starts to read ahead; called once, on the decoding thread.
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

    /// Waits for the end of the stream, in good order or not.
    ///
    /// - Returns: False when the time was up before.
    func waitForEnd(within limit: Duration) -> Bool {
        if case .timedOut = ended.pop(within: limit) { return false }
        return true
    }

    /// Bytes that the decoding thread has got so far; any thread may ask.
    var bytesTaken: Int64 { taken.load(ordering: .relaxed) }

    func next() throws(WireError) -> UnsafeRawBufferPointer {
        if let current {
            if current.count == 0 { return unsafe try ended(current) }
            role?.willLeaveBuffer()
            current.release(to: empty)
            self.current = nil
        }
        guard thread != nil else { return unsafe try readDirectly() }
        var piece = full.tryPop()
        if piece == nil {
            try role?.willWait()
            piece = full.pop()
        }
        guard let piece else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        piece.readers.store(1, ordering: .relaxed)
        current = piece
        guard piece.count > 0 else { return unsafe try ended(piece) }
        taken.add(Int64(piece.count), ordering: .relaxed)
        return unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(piece.memory)[..<piece.count])
    }

    /// Reads into the first buffer, which never goes round in the circle.
    private func readDirectly() throws(WireError) -> UnsafeRawBufferPointer {
        do throws(TransportError) {
            first.count = unsafe try stream.read(into: first.memory)
        } catch {
            first.count = 0
            first.failure = error
        }
        // One reader more than there is, so that the last one does not give it to the thread.
        first.readers.store(2, ordering: .relaxed)
        current = first
        guard first.count > 0 else { return unsafe try ended(first) }
        taken.add(Int64(first.count), ordering: .relaxed)
        return unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(first.memory)[..<first.count])
    }

    private func ended(_ piece: Piece) throws(WireError) -> UnsafeRawBufferPointer {
        if let failure = piece.failure { throw .transport(failure) }
        return unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Lets somebody else read in the current buffer after the decoding thread has left it.
    ///
    /// - Returns: Nil when there is no current buffer.
    func lease() -> Lease? { current.map { Lease($0, empty) } }

    /// Lets the decoding thread see the end of the stream at once; any thread may call it.
    func interrupt() { full.push(Piece(length: 0)) }

    /// Throws away what the peer still sends, until it ends or the time is up: closing with unread bytes would make the
    /// kernel throw away what the peer has not read.
    ///
    /// Called after the decoding thread has stopped reading.
    func drain(within limit: Duration) {
        let end = ContinuousClock.now + limit
        guard thread != nil else { return drainDirectly(until: end) }
        while ContinuousClock.now < end {
            switch full.pop(within: end - .now) {
            case .element(let piece):
                if unsafe piece.memory.count > 0 { empty.push(piece) }
            case .closed, .timedOut: return
            }
        }
    }

    private func drainDirectly(until end: ContinuousClock.Instant) {
        do throws(TransportError) {
            while ContinuousClock.now < end {
                stream.readTimeout = end - .now
                guard unsafe try stream.read(into: first.memory) > 0 else { return }
            }
        } catch {
            // The peer is gone, or has had its time.
        }
    }

    /// Ends the thread; the stream has been closed, or is at its end.
    func stop() {
        empty.cancel()
        full.cancel()
        thread?.join()
    }
}
