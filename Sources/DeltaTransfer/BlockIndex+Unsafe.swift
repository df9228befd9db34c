internal import Checksums

// The byte-by-byte search.
//
// Invariant: `position + length <= count` holds before and after each step, and a step reads `position` and
// `position + length` only while the latter is below `count`. The filter has `filterMask + 1` words, by its
// construction. No pointer escapes the closure that it is passed to.

extension BlockIndex {
    /// Slides a window until its checksum is that of a block.
    ///
    /// - Parameters:
    ///   - rolling: The sum of the window at `start`, which was already examined; on return, that of the window at the
    ///     returned position.
    ///   - bytes: The data that the window slides over; the window is within it.
    ///   - start: The start of the window.
    /// - Returns: The next position with a known sum and the sum's first entry, or the last position and nil.
    func slide(_ rolling: inout RollingChecksum, over bytes: RawSpan, from start: Int) -> (position: Int, entry: Int?) {
        var position = start
        let length = rolling.length
        precondition(length > 0 && start >= 0 && start + length <= bytes.byteCount, "the window lies within the data")
        while true {
            unsafe filter.withUnsafeBufferPointer { filter in
                unsafe bytes.withUnsafeBytes { bytes in
                    unsafe slideToFilterHit(&rolling, bytes, &position, filter, filterMask)
                }
            }
            if let entry = firstEntry(of: rolling.value), position > start { return (position, entry) }
            guard position + length < bytes.byteCount else { return (position, nil) }
        }
    }
}

/// Slides by at least one byte if there is one, until the filter has the window's bit or the data ends.
private func slideToFilterHit(
    _ rolling: inout RollingChecksum,
    _ bytes: UnsafeRawBufferPointer,
    _ position: inout Int,
    _ filter: UnsafeBufferPointer<UInt64>,
    _ mask: UInt32
) {
    let length = rolling.length
    guard let head = bytes.baseAddress, let words = filter.baseAddress else { return }
    let tail = unsafe head + length
    let end = bytes.count - length
    let factor = UInt32(truncatingIfNeeded: length)
    var first = rolling.value & 0xffff
    var second = rolling.value >> 16
    var index = position
    while index < end {
        let old = UInt32(bitPattern: Int32(unsafe head.load(fromByteOffset: index, as: Int8.self)))
        let new = UInt32(bitPattern: Int32(unsafe tail.load(fromByteOffset: index, as: Int8.self)))
        first = first &+ (new &- old)
        second = second &+ first &- factor &* old
        index += 1
        if unsafe words[Int(second & mask)] &>> UInt64(first) & 1 != 0 { break }
    }
    rolling = RollingChecksum(value: (first & 0xffff) | (second << 16), length: length)
    position = index
}
