/// The copy buffer of one direction of a connection.
///
/// ## Invariant
/// `memory` is an allocation of ``RelayMemory/largestPiece`` bytes at the start of a page, as long as this object
/// lives.
///
/// ## Concurrency model
/// One thread uses it.
@safe final class RelayBuffer {
    private let memory = PageMemory(byteCount: RelayMemory.largestPiece)
    /// How much of the pages has been touched since they were last released.
    private var touched = 0

    /// Lends memory for one chunk of at most ``RelayMemory/largestPiece`` bytes.
    func space(_ size: Int) -> UnsafeMutableRawBufferPointer {
        if touched > size { trim() }
        touched = max(touched, size)
        return unsafe UnsafeMutableRawBufferPointer(start: memory.start, count: size)
    }

    /// Releases the pages.
    func trim() {
        memory.giveBack(from: 0)
        touched = 0
    }
}
