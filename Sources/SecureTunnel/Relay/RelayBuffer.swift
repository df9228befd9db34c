import LinuxSystem

/// The memory that one direction of a connection moves bytes through.
///
/// ## Concurrency model
/// One thread uses it.
final class RelayBuffer {
    private let memory = PageMemory(byteCount: RelayMemory.largestPiece)
    /// How far the pages have been touched since they were last given back.
    private var touched = 0

    /// Lends memory for one piece of at most ``RelayMemory/largestPiece`` bytes.
    func space(_ size: Int) -> MemorySlice {
        if touched > size { trim() }
        touched = max(touched, size)
        return memory.memory[0..<size]
    }

    /// Gives the pages back.
    func trim() {
        memory.giveBack(from: 0)
        touched = 0
    }
}
