/// Finds the parts of a piece of data to write to a sparse file.
///
/// Zeros at the start and the end of the piece, and runs of at least 1024 inside, become holes; shorter runs are
/// written (protocol specification, transfer 14.4).
struct ZeroRuns: ~Escapable {
    /// Runs of zeros at least this long become holes.
    static let shortestHole = 1024
    /// Every run of `shortestHole` zeros covers at least one whole stride.
    private static let stride = shortestHole / 2

    private let bytes: Span<UInt8>
    private var position: Int
    private let end: Int

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
        position = firstNonZero(bytes, from: 0)
        end = position == bytes.count ? position : lastNonZero(bytes) + 1
    }

    /// The next range to write, in ascending order.
    @_lifetime(self: copy self)
    mutating func next() -> Range<Int>? {
        guard position < end else { return nil }
        let start = position
        var block = start
        while block + ZeroRuns.stride <= end {
            guard bytes[block] == 0 else {
                block += ZeroRuns.stride
                continue
            }
            let after = firstNonZero(bytes, from: block)  // before `end`: the last byte is not zero
            var first = block
            while bytes[first - 1] == 0 { first -= 1 }
            if after - first >= ZeroRuns.shortestHole {
                position = after
                return start..<first
            }
            block = after
            // Stay on the grid: a run that starts right after this still covers one of its strides.
            block += (ZeroRuns.stride - (block - start) % ZeroRuns.stride) % ZeroRuns.stride
        }
        position = end
        return start..<end
    }
}

/// The first byte that is not zero; the count when there is none.
func firstNonZero(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while index < bytes.count, (index - start) < 64 || !index.isMultiple(of: 64) {
        guard bytes[index] == 0 else { return index }
        index += 1
    }
    index = skipZeroBlocks(bytes, from: index)
    while index < bytes.count, bytes[index] == 0 { index += 1 }
    return index
}

/// The last byte that is not zero; -1 when there is none.
func lastNonZero(_ bytes: Span<UInt8>) -> Int {
    var end = dropZeroBlocks(bytes)
    while end > 0, bytes[end - 1] == 0 { end -= 1 }
    return end - 1
}
