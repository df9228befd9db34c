import LinuxSystem

/// The copy buffer of one direction of a connection.
///
/// ## Concurrency model
/// One thread uses it.
final class RelayBuffer {
    private let memory = PageMemory(byteCount: RelayMemory.largestPiece)
    /// How much of the pages has been touched since they were last released.
    private var touched = 0

    /// Lends memory for one chunk of at most ``RelayMemory/largestPiece`` bytes.
    func space(_ size: Int) -> MemorySlice {
        if touched > size { trim() }
        touched = max(touched, size)
        return memory.memory[0..<size]
    }

    /// Releases the pages.
    func trim() {
        memory.giveBack(from: 0)
        touched = 0
    }
}
