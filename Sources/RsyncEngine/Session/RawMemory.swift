import Glibc

/// The two things that the data paths do with raw memory beside reading and writing it.
///
/// Both stay inside the buffer they are called on.
extension UnsafeMutableRawBufferPointer {
    /// Moves a range to the start; ranges may overlap.
    func moveToFront(_ range: Range<Int>) {
        guard let baseAddress, !range.isEmpty, range.lowerBound > 0 else { return }
        precondition(range.upperBound <= count)
        unsafe memmove(baseAddress, baseAddress + range.lowerBound, range.count)
    }
}

extension Slice<UnsafeMutableRawBufferPointer> {
    /// Fills the slice with zeros.
    func clear() {
        let whole = unsafe UnsafeMutableRawBufferPointer(rebasing: self)
        guard let start = whole.baseAddress else { return }
        unsafe memset(start, 0, whole.count)
    }
}
