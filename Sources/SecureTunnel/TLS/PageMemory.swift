import Glibc

/// An allocation whose pages can be released to the kernel while the address range is kept.
///
/// ## Invariant
/// `start` is the start of a page and of `byteCount` bytes that live as long as this object.
@safe final class PageMemory {
    private static let pageSize = 4096
    /// The first byte.
    let start: UnsafeMutableRawPointer
    private let byteCount: Int

    /// Reserves address space.
    init(byteCount: Int) {
        unsafe start = .allocate(byteCount: byteCount, alignment: Self.pageSize)
        self.byteCount = byteCount
    }

    deinit { unsafe start.deallocate() }

    /// Releases the whole pages from an offset on; they read as zeros when touched again.
    func giveBack(from offset: Int) {
        let first = (offset + Self.pageSize - 1) / Self.pageSize * Self.pageSize
        let end = byteCount / Self.pageSize * Self.pageSize
        guard first < end else { return }
        _ = unsafe madvise(start + first, end - first, MADV_DONTNEED)
    }
}
