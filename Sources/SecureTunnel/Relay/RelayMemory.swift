import Glibc
import Synchronization

/// Shares a fixed amount of memory among the connections of a relay: the more there are, the smaller the pieces.
///
/// A connection has five buffers (see ``RelayBuffer`` and `RecordBuffers`). Their pages are taken when they are first
/// touched and given back when the connection falls silent, so only what moves counts; together they stay below
/// ``ceiling`` as long as pieces are not at their smallest, that is for up to 800 connections.
///
/// ## Concurrency model
/// Two atomic numbers; readers may see a piece size that is a moment old.
final class RelayMemory: Sendable {
    /// Bytes of all buffers of all connections together.
    static let ceiling = 64 << 20
    /// The most that is moved at once.
    static let largestPiece = 256 << 10
    /// The least, one TLS record.
    static let smallestPiece = 16 << 10

    private let connections = Atomic<Int>(0)

    /// Counts a connection that begins.
    func enter() { connections.add(1, ordering: .relaxed) }

    /// Counts a connection that ends.
    func leave() { connections.subtract(1, ordering: .relaxed) }

    /// The bytes that one buffer may fill at the moment.
    var pieceSize: Int {
        let share = Self.ceiling / (5 * max(1, connections.load(ordering: .relaxed)))
        return min(Self.largestPiece, max(Self.smallestPiece, share & ~0x3FFF))
    }
}

/// The memory that one direction of a connection moves bytes through.
///
/// ## Invariant
/// `memory` is an allocation of ``RelayMemory/largestPiece`` bytes at the start of a page, as long as this object lives.
///
/// ## Concurrency model
/// One thread uses it.
@safe final class RelayBuffer {
    private let memory = PageMemory(byteCount: RelayMemory.largestPiece)
    /// How far the pages have been touched since they were last given back.
    private var touched = 0

    /// Lends room for one piece.
    func room(_ size: Int) -> UnsafeMutableRawBufferPointer {
        if touched > size { trim() }
        touched = max(touched, size)
        return unsafe UnsafeMutableRawBufferPointer(rebasing: memory.bytes.prefix(size))
    }

    /// Gives the pages back.
    func trim() {
        memory.giveBack(from: 0)
        touched = 0
    }
}

/// An allocation whose pages can be given back to the kernel while the address range is kept.
///
/// ## Invariant
/// `bytes` starts at a page and lives as long as this object.
@safe final class PageMemory {
    private static let pageSize = 4096
    /// All of it.
    let bytes: UnsafeMutableRawBufferPointer

    /// Takes address space.
    init(byteCount: Int) {
        unsafe bytes = .allocate(byteCount: byteCount, alignment: Self.pageSize)
    }

    deinit { unsafe bytes.deallocate() }

    /// Gives back the whole pages from an offset on; they read as zeros when touched again.
    func giveBack(from offset: Int) {
        let start = (offset + Self.pageSize - 1) / Self.pageSize * Self.pageSize
        let end = bytes.count / Self.pageSize * Self.pageSize
        guard start < end, let base = unsafe bytes.baseAddress else { return }
        _ = unsafe madvise(base + start, end - start, MADV_DONTNEED)
    }
}
