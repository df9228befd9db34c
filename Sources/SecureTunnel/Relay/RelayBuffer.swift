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

    /// Lends memory for one piece of at most ``RelayMemory/largestPiece`` bytes.
    func space(_ size: Int) -> UnsafeMutableRawBufferPointer {
        if touched > size { trim() }
        touched = max(touched, size)
        return unsafe UnsafeMutableRawBufferPointer(start: memory.start, count: size)
    }

    /// Gives the pages back.
    func trim() {
        memory.giveBack(from: 0)
        touched = 0
    }
}
