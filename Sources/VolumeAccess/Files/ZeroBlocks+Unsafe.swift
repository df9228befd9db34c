// Blocks of 64 bytes that are zero.
//
// Invariant: each load lies within the span, since a block is looked at only while all of it is left; every bit pattern is
// a value.

/// Skips whole blocks of zeros from an index on.
///
/// - Returns: Where the first block starts that has another byte, or the last, incomplete one.
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

/// Drops whole blocks of zeros from the end.
///
/// - Returns: Where the last block ends that has another byte, or the first, incomplete one.
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
