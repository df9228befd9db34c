/// What of a regular file takes space on a target.
struct FileShape: Hashable, Sendable {
    /// The content in whole blocks of the target.
    var data: Int64
    /// How many pieces it is in because of its holes, at least 1 when there is data.
    var pieces: Int64
}

/// Collects the data ranges of a file with holes, in the blocks of a target.
struct SparseShape {
    private let blockSize: Int64
    private var shape = FileShape(data: 0, pieces: 0)
    /// Where the blocks counted so far end.
    private var end: Int64 = 0

    init(blockSize: Int64) { self.blockSize = blockSize }

    /// Adds a range that begins behind all before it.
    mutating func add(_ range: Range<Int64>) {
        let first = range.lowerBound / blockSize * blockSize
        let last = (min(range.upperBound, .max - blockSize) + blockSize - 1) / blockSize * blockSize
        if first > end || shape.pieces == 0 { shape.pieces += 1 }
        shape.data += max(0, last - max(first, end))
        end = last
    }

    var result: FileShape { shape }
}
