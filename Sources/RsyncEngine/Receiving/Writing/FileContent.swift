import LinuxSystem
import RsyncWire

/// Collects the bytes of a large file for the finisher: received bytes without copying, other bytes as a copy.
///
/// Bytes are split into jobs of at most one buffer each; order is preserved. Used by one thread, the receiver's.
final class FileContent {
    private let source: PumpedSource
    private let pool = BufferPool(count: 6)
    private let jobs: FileJobBatch
    private var target: FileTarget?
    /// Pending received bytes, all in the source's current buffer.
    private var slices: [MemorySlice] = []
    /// Pending copied bytes.
    private var buffer: PooledBuffer?
    private var filled = 0
    /// The offset of the pending bytes in the file.
    private var start: Int64 = 0

    /// - Parameters:
    ///   - source: Owns the received bytes; has ``flush()`` called before it leaves a buffer.
    ///   - jobs: Takes the jobs.
    init(source: PumpedSource, jobs: FileJobBatch) {
        self.source = source
        self.jobs = jobs
    }

    /// Starts a file.
    func begin(_ target: FileTarget) {
        self.target = target
    }

    /// Adds bytes that stay in the source's current buffer until the source leaves it.
    func append(received bytes: MemorySlice, at offset: Int64) {
        if buffer != nil { flush() }
        if slices.isEmpty { start = offset }
        slices.append(bytes)
    }

    /// Space for bytes that are read or copied into it and then added with ``commit(_:at:)``.
    ///
    /// - Parameters:
    ///   - wanted: The number of bytes that will be added, at least 1.
    ///   - unit: The size of a unit: the space holds whole units, or all that is wanted. At most a buffer's length.
    /// - Returns: Between one unit and all that is wanted.
    func space(_ wanted: Int, unit: Int) -> MemorySlice {
        if !slices.isEmpty || BufferPool.length - filled < min(unit, wanted) { flush() }
        let current = buffer ?? takeBuffer()
        buffer = current
        let space = BufferPool.length - filled
        let length = wanted <= space ? wanted : space / unit * unit
        return current.memory[filled..<filled + length]
    }

    /// Adds the first bytes of the space that ``space(_:unit:)`` returned last.
    func commit(_ count: Int, at offset: Int64) {
        if filled == 0 { start = offset }
        filled += count
    }

    /// Hands over the first bytes of the space that ``space(_:unit:)`` returned last as bytes that the file has already.
    func keep(_ count: Int, at offset: Int64) {
        guard let target, let current = buffer else { return }
        let bytes = current.memory[filled..<filled + count]
        flush()
        jobs.add(.punch(FilePiece(owner: current, slices: [bytes], offset: offset), target))
    }

    /// Adds a copy of bytes whose memory will be reused.
    func append(copying bytes: Span<UInt8>, at offset: Int64) {
        var done = 0
        while done < bytes.count {
            let part = space(bytes.count - done, unit: 1)
            let count = part.count
            part.copy(bytes.extracting(done..<done + count))
            commit(count, at: offset + Int64(done))
            done += count
        }
    }

    /// A free buffer; when all are in jobs, those jobs must be handed over before this thread may wait for them.
    private func takeBuffer() -> PooledBuffer {
        if let buffer = pool.tryTake() { return buffer }
        jobs.handOver()
        return pool.take()
    }

    /// Hands the pending bytes to the finisher.
    func flush() {
        guard let target else { return }
        if !slices.isEmpty, let lease = source.lease() {
            jobs.add(.write(FilePiece(owner: lease, slices: slices, offset: start), target))
            slices = []
        }
        if let buffer, filled > 0 {
            jobs.add(.write(FilePiece(owner: buffer, slices: [buffer.memory[0..<filled]], offset: start), target))
        }
        buffer = nil
        filled = 0
    }

    /// Adds a job after everything added so far.
    func give(_ job: FileJob) { jobs.add(job) }

    /// Waits until the finishers have done all their jobs.
    func awaitFinished() { jobs.awaitFinished() }

    /// Ends the file.
    func end() {
        flush()
        target = nil
    }
}
