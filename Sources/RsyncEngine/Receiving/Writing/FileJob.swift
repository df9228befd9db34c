import LinuxSystem
import VolumeAccess

/// A large file on its way: what the receiver rebuilds and the finisher writes.
///
/// ## Concurrency model
/// The receiver makes one and names it in jobs; from then on only the finisher touches what is in it. Jobs are done in
/// the order they were pushed, so a file's content is complete when its last job comes up.
final class FileTarget: @unchecked Sendable {
    /// Where the content goes.
    enum Place {
        /// A file beside the destination.
        case staged(StagedFile)
        /// The destination itself.
        case inPlace(InPlaceFile)
    }

    let plan: TransferPlan
    let place: Place
    /// Whether a write failed: the rest is dropped.
    var hasFailed = false

    init(plan: TransferPlan, place: Place) {
        self.plan = plan
        self.place = place
    }

    /// How much of the content has been written to a file beside the destination; of one that is written in place, 0.
    var writtenLength: Int64 {
        if case .staged(let staged) = place { staged.length } else { 0 }
    }
}

/// Bytes that are to be written, in memory that stays as it is until the job is done.
struct FilePiece: Sendable {
    /// What keeps the memory of `slices` from being used again: the lease of a received buffer, or a pooled buffer.
    let owner: any AnyObject & Sendable
    /// The bytes in order; they lie in the owner's memory.
    let slices: [MemorySlice]
    /// Where the first of them goes; the others follow.
    let offset: Int64
}

/// Something for the finisher to do.
enum FileJob: Sendable {
    /// Write a piece of a large file.
    case write(FilePiece, FileTarget)
    /// The file is complete and its sum is right: give it its name and metadata.
    case finish(FileTarget, length: Int64)
    /// All of a small file, not on disk yet; its sum is right.
    case small([UInt8], TransferPlan)
    /// The file is not wanted after all: its sum was wrong, or it could not be rebuilt.
    case discard(FileTarget)
    /// The stream broke: keep what there is, as `--partial` says.
    case keepPartial(FileTarget)
    /// All jobs before this one are done: ends the queue, for who waits at its other end.
    case mark(BoundedQueue<Never>)
}

extension FileJob {
    /// Its share of the queue: about its bytes.
    var weight: Int {
        switch self {
        case .write(let piece, _): piece.slices.reduce(256) { $0 + $1.count }
        case .small(let bytes, _): bytes.count + 256
        case .finish, .discard, .keepPartial, .mark: 256
        }
    }
}

/// A buffer that goes back to its pool when nobody holds it any more.
///
/// Whoever holds the value may use the memory, one thread at a time.
final class PooledBuffer: Sendable {
    /// The buffer's memory, ``BufferPool/length`` bytes.
    let memory: ByteMemory
    private let free: BoundedQueue<ByteMemory>

    fileprivate init(_ memory: ByteMemory, _ free: BoundedQueue<ByteMemory>) {
        self.memory = memory
        self.free = free
    }

    deinit { free.push(memory) }
}

/// A fixed number of buffers; who wants one waits until one is free.
final class BufferPool: Sendable {
    static let length = 1 << 20

    private let free = BoundedQueue<ByteMemory>(capacity: 64, name: "free buffers")

    init(count: Int) {
        for _ in 0..<count { free.push(ByteMemory(count: Self.length)) }
    }

    /// Takes a buffer if one is free.
    func tryTake() -> PooledBuffer? { free.tryPop().map { PooledBuffer($0, free) } }

    /// Takes a buffer, waiting for one.
    func take() -> PooledBuffer {
        // The queue is never closed, so there is always an answer.
        PooledBuffer(free.pop() ?? ByteMemory(count: Self.length), free)
    }
}
