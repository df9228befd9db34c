import LinuxSystem
import RsyncWire
import Transport

/// Reads a stream ahead on a thread of its own, so that receiving and decrypting run beside decoding.
///
/// ## Concurrency model
/// Buffers travel in a circle: `empty` → thread `demultiplex` → `full` → the decoding thread → `empty`. Whoever took
/// a buffer from a queue owns it until it gives it on.
final class PumpedSource: WireSource {
    static let bufferLength = 256 * 1024

    /// A buffer and how much of it is filled.
    @safe private final class Piece: @unchecked Sendable {
        let memory: UnsafeMutableRawBufferPointer
        var count = 0
        var failure: TransportError?

        init(length: Int) { unsafe memory = .allocate(byteCount: length, alignment: 64) }
        deinit { unsafe memory.deallocate() }
    }

    private let stream: any ByteStream
    private let full = BoundedQueue<Piece>(capacity: 4, name: "bytes from the peer")
    private let empty = BoundedQueue<Piece>(capacity: 8, name: "free buffers")
    private var current: Piece?
    private let thread: WorkerThread
    /// Called on the decoding thread right before it waits for the peer.
    var beforeWait: () throws(WireError) -> Void = { () throws(WireError) in }

    init(stream: any ByteStream, pieces: Int = 3) throws(SystemError) {
        self.stream = stream
        for _ in 0..<pieces { empty.push(Piece(length: Self.bufferLength)) }
        let (full, empty) = (full, empty)
        thread = try WorkerThread(name: "dvm-demultiplex") {
            while let piece = empty.pop() {
                do throws(TransportError) {
                    piece.count = unsafe try stream.read(into: piece.memory)
                } catch {
                    piece.count = 0
                    piece.failure = error
                }
                let isLast = piece.count == 0
                guard full.push(piece), !isLast else { break }
            }
            full.close()
        }
    }

    func next() throws(WireError) -> UnsafeRawBufferPointer {
        if let current {
            if current.count == 0 { return unsafe try ended(current) }
            empty.push(current)
            self.current = nil
        }
        var piece = full.tryPop()
        if piece == nil {
            try beforeWait()
            piece = full.pop()
        }
        guard let piece else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        current = piece
        guard piece.count > 0 else { return unsafe try ended(piece) }
        return unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(piece.memory)[..<piece.count])
    }

    private func ended(_ piece: Piece) throws(WireError) -> UnsafeRawBufferPointer {
        if let failure = piece.failure { throw .transport(failure) }
        return UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Lets the thread end; the stream must have been closed, or be at its end, for it to notice.
    func stop() {
        empty.cancel()
        full.cancel()
    }

    /// Waits for the thread after ``stop()``.
    func join() { thread.join() }
}

/// Writes to a stream, at most so fast.
final class StreamSink: WireSink {
    private let stream: any ByteStream
    private var limit: BandwidthLimit?

    /// - Parameter kibibytesPerSecond: 0 for no limit.
    init(stream: any ByteStream, kibibytesPerSecond: Int64 = 0) {
        self.stream = stream
        limit = kibibytesPerSecond > 0 ? BandwidthLimit(kibibytesPerSecond: kibibytesPerSecond) : nil
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        do throws(TransportError) {
            guard limit != nil else { return unsafe try stream.write(bytes) }
            var offset = 0
            while offset < bytes.count {
                let piece = min(bytes.count - offset, limit?.pieceLength ?? bytes.count)
                unsafe try stream.write(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + piece]))
                offset += piece
                limit?.wrote(piece)
            }
        } catch {
            throw .transport(error)
        }
    }
}
