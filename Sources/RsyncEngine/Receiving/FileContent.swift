import LinuxSystem
import RsyncWire

/// Collects the bytes of a large file for the finisher: received bytes where they lie, other bytes by a copy.
///
/// Bytes become jobs of up to a buffer each; order is kept. One thread, the receiver's, uses it.
@safe final class FileContent {
    private let source: PumpedSource
    private let pool = BufferPool(count: 6)
    private let push: (FileJob) -> Void
    private var target: FileTarget?
    /// Received bytes that wait, all in the source's current buffer.
    private var spans: [UnsafeRawBufferPointer] = unsafe []
    /// Copied bytes that wait.
    private var buffer: PooledBuffer?
    private var filled = 0
    /// Where the waiting bytes start in the file.
    private var start: Int64 = 0

    /// - Parameters:
    ///   - source: Where received bytes lie; asks for ``flush()`` before it leaves a buffer.
    ///   - push: Takes the jobs.
    init(source: PumpedSource, push: @escaping (FileJob) -> Void) {
        self.source = source
        self.push = push
    }

    /// Starts a file.
    func begin(_ target: FileTarget) {
        self.target = target
    }

    /// Adds bytes that lie in the source's current buffer and stay there until the source leaves it.
    func append(received bytes: UnsafeRawBufferPointer, at offset: Int64) {
        if buffer != nil { flush() }
        if unsafe spans.isEmpty { start = offset }
        unsafe spans.append(bytes)
    }

    /// Adds a copy of bytes that will not stay.
    func append(copying bytes: UnsafeRawBufferPointer, at offset: Int64) {
        if unsafe !spans.isEmpty { flush() }
        var done = 0
        while done < bytes.count {
            if filled == BufferPool.length { flush() }
            if buffer == nil { start = offset + Int64(done) }
            let current = buffer ?? pool.take()
            buffer = current
            let count = min(bytes.count - done, BufferPool.length - filled)
            let place = unsafe UnsafeMutableRawBufferPointer(rebasing: current.memory[filled..<filled + count])
            unsafe place.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[done..<done + count]))
            filled += count
            done += count
        }
    }

    /// A buffer for bytes that are read here and then added with ``append(_:count:at:)``.
    func takeBuffer() -> PooledBuffer { pool.take() }

    /// Adds the first bytes of a buffer of ``takeBuffer()``.
    func append(_ buffer: PooledBuffer, count: Int, at offset: Int64) {
        flush()
        guard let target else { return }
        let span = unsafe UnsafeRawBufferPointer(rebasing: buffer.memory[..<count])
        push(.write(unsafe FilePiece(owner: buffer, spans: [span], offset: offset), target))
    }

    /// Gives what waits to the finisher.
    func flush() {
        guard let target else { return }
        if unsafe !spans.isEmpty, let lease = source.lease() {
            push(.write(unsafe FilePiece(owner: lease, spans: spans, offset: start), target))
            unsafe spans = []
        }
        if let buffer, filled > 0 {
            let span = unsafe UnsafeRawBufferPointer(rebasing: buffer.memory[..<filled])
            push(.write(unsafe FilePiece(owner: buffer, spans: [span], offset: start), target))
        }
        buffer = nil
        filled = 0
    }

    /// Gives the finisher a job that comes after everything added so far.
    func give(_ job: FileJob) { push(job) }

    /// Ends the file.
    func end() {
        flush()
        target = nil
    }
}
