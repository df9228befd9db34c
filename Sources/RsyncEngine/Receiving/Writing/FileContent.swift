import LinuxSystem
import RsyncWire

/// Collects the bytes of a large file for the finisher: received bytes where they lie, other bytes by a copy.
///
/// Bytes become jobs of up to a buffer each; order is kept. One thread, the receiver's, uses it.
@safe final class FileContent {
    private let source: PumpedSource
    private let pool = BufferPool(count: 6)
    private let jobs: FileJobBatch
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
    ///   - jobs: Takes the jobs.
    init(source: PumpedSource, jobs: FileJobBatch) {
        self.source = source
        self.jobs = jobs
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

    /// Room for bytes that are read or copied here and then taken in with ``commit(_:at:)``.
    ///
    /// - Parameters:
    ///   - wanted: Bytes that are to come, at least 1.
    ///   - unit: What they are cut into: the room holds whole units, or all that is wanted. At most a buffer's length.
    /// - Returns: Between one unit and all that is wanted.
    func space(_ wanted: Int, unit: Int) -> UnsafeMutableRawBufferPointer {
        if unsafe !spans.isEmpty || BufferPool.length - filled < min(unit, wanted) { flush() }
        let current = buffer ?? takeBuffer()
        buffer = current
        let room = BufferPool.length - filled
        let length = wanted <= room ? wanted : room / unit * unit
        return unsafe UnsafeMutableRawBufferPointer(rebasing: current.memory[filled..<filled + length])
    }

    /// Takes in the first bytes of the room that ``space(_:unit:)`` gave last.
    func commit(_ count: Int, at offset: Int64) {
        if filled == 0 { start = offset }
        filled += count
    }

    /// Adds a copy of bytes that will not stay.
    func append(copying bytes: UnsafeRawBufferPointer, at offset: Int64) {
        var done = 0
        while done < bytes.count {
            let room = unsafe space(bytes.count - done, unit: 1)
            let count = room.count
            unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[done..<done + count]))
            commit(count, at: offset + Int64(done))
            done += count
        }
    }

    /// A free buffer; when all are in jobs, those jobs must be on their way before this thread may wait for them.
    private func takeBuffer() -> PooledBuffer {
        if let buffer = pool.tryTake() { return buffer }
        jobs.handOver()
        return pool.take()
    }

    /// Gives what waits to the finisher.
    func flush() {
        guard let target else { return }
        if unsafe !spans.isEmpty, let lease = source.lease() {
            jobs.add(.write(unsafe FilePiece(owner: lease, spans: spans, offset: start), target))
            unsafe spans = []
        }
        if let buffer, filled > 0 {
            let span = unsafe UnsafeRawBufferPointer(rebasing: buffer.memory[..<filled])
            jobs.add(.write(unsafe FilePiece(owner: buffer, spans: [span], offset: start), target))
        }
        buffer = nil
        filled = 0
    }

    /// Gives the finisher a job that comes after everything added so far.
    func give(_ job: FileJob) { jobs.add(job) }

    /// Waits until the finisher has done everything that it was given.
    func awaitFinished() {
        let done = BoundedQueue<Never>(capacity: 1, name: "the names of received files")
        jobs.add(.mark(done))
        jobs.handOver()
        _ = done.pop()
    }

    /// Ends the file.
    func end() {
        flush()
        target = nil
    }
}
