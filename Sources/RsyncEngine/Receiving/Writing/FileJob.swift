import LinuxSystem
import VolumeAccess

/// A large file in progress: the receiver rebuilds it, the finisher writes it.
///
/// ## Concurrency model
/// The receiver creates one and refers to it in jobs; from then on only the finisher accesses its contents. Jobs are
/// done in the order they were pushed, so a file's content is complete when its last job is processed.
final class FileTarget: @unchecked Sendable {
    /// Where the content is written.
    enum Place {
        /// A file next to the destination.
        case staged(StagedFile)
        /// The destination itself.
        case inPlace(InPlaceFile)
    }

    let plan: TransferPlan
    let place: Place
    /// Whether a write failed: the rest is discarded.
    var hasFailed = false

    init(plan: TransferPlan, place: Place) {
        self.plan = plan
        self.place = place
    }

    /// How much of the content has been written to a staged file; 0 for a file that is written in place.
    var writtenLength: Int64 {
        if case .staged(let staged) = place { staged.length } else { 0 }
    }
}

/// Bytes to write, in memory that stays unchanged until the job is done.
struct FilePiece: Sendable {
    /// Keeps the memory of `slices` from being reused: the lease of a received buffer, or a pooled buffer.
    let owner: any AnyObject & Sendable
    /// The bytes in order; they are in the owner's memory.
    let slices: [MemorySlice]
    /// The file offset of the first byte.
    let offset: Int64
}

/// A job for the finisher.
enum FileJob: Sendable {
    /// Write a piece of a large file.
    case write(FilePiece, FileTarget)
    /// A file that is written in place has these bytes already: turn zeros among them into holes.
    case punch(FilePiece, FileTarget)
    /// The file is complete and its checksum is right: give it its name and metadata.
    case finish(FileTarget, length: Int64)
    /// The file was written in place and its checksum is wrong: it stays as it is, and is requested again.
    case retain(FileTarget, length: Int64)
    /// The complete content of a small file, not on disk yet; its checksum is right.
    case small([UInt8], TransferPlan)
    /// Discard the file: its checksum was wrong, or it could not be rebuilt.
    case discard(FileTarget)
    /// The stream broke: keep what there is, subject to `--partial`.
    case keepPartial(FileTarget)
    /// All jobs before this one are done: closes the queue, on which the receiver waits.
    case mark(BoundedQueue<Never>)
}

extension FileJob {
    /// Its weight in the queue: approximately its bytes.
    var weight: Int {
        switch self {
        case .write(let piece, _), .punch(let piece, _): piece.slices.reduce(256) { $0 + $1.count }
        case .small(let bytes, _): bytes.count + 256
        case .finish, .retain, .discard, .keepPartial, .mark: 256
        }
    }
}

/// A buffer that returns to its pool when its last reference is released.
///
/// The holder of a reference may use the memory, one thread at a time.
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

/// A fixed number of buffers; taking one blocks until one is free.
final class BufferPool: Sendable {
    static let length = 1 << 20

    private let free = BoundedQueue<ByteMemory>(capacity: 64, name: "free buffers")

    init(count: Int) {
        for _ in 0..<count { free.push(ByteMemory(count: Self.length)) }
    }

    /// Takes a buffer if one is free.
    func tryTake() -> PooledBuffer? { free.tryPop().map { PooledBuffer($0, free) } }

    /// Takes a buffer, waiting until one is free.
    func take() -> PooledBuffer {
        // The queue is never closed, so `pop` never returns nil.
        PooledBuffer(free.pop() ?? ByteMemory(count: Self.length), free)
    }
}
