import Glibc
import LinuxSystem

/// An allocation whose pages can be released to the kernel while the address range is kept.
///
/// ## Invariant
/// `memory` starts at a page boundary; only whole, unused pages of it are released.
final class PageMemory {
    private static let pageSize = 4096
    /// The whole allocation.
    let memory: ByteMemory

    /// Reserves address space.
    init(byteCount: Int) { memory = ByteMemory(count: byteCount, alignment: Self.pageSize) }

    /// Releases the whole pages from an offset on; they read as zeros when touched again.
    func giveBack(from offset: Int) {
        let first = (offset + Self.pageSize - 1) / Self.pageSize * Self.pageSize
        let end = memory.count / Self.pageSize * Self.pageSize
        guard first < end else { return }
        unsafe memory[first..<end].withUnsafeMutableBytes {
            _ = unsafe madvise($0.baseAddress, $0.count, MADV_DONTNEED)
        }
    }
}
