// Blocks of 64 bytes that are zero.
//
// Invariant: each load is within the span, because a block is examined only if it is complete; every bit pattern is a
// valid value.

/// Skips whole blocks of zeros, starting at an index.
///
/// - Returns: The start of the first block with a nonzero byte, or of the last, incomplete one.
func skipZeroBlocks(_ bytes: Span<UInt8>, from start: Int) -> Int {
    unsafe bytes.withUnsafeBytes { buffer in
        var index = start
        while index + 64 <= buffer.count {
            let block = unsafe buffer.loadUnaligned(fromByteOffset: index, as: SIMD8<UInt64>.self)
            guard block == .zero else { break }
            index += 64
        }
        return index
    }
}

/// Skips whole blocks of zeros at the end.
///
/// - Returns: The end of the last block with a nonzero byte, or of the first, incomplete one.
func dropZeroBlocks(_ bytes: Span<UInt8>) -> Int {
    unsafe bytes.withUnsafeBytes { buffer in
        var end = buffer.count
        while end >= 64 {
            let block = unsafe buffer.loadUnaligned(fromByteOffset: end - 64, as: SIMD8<UInt64>.self)
            guard block == .zero else { break }
            end -= 64
        }
        return end
    }
}
