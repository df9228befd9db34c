/// What of a regular file takes space on a target.
struct FileShape: Hashable, Sendable {
    /// The content in whole blocks of the target.
    var data: Amount
    /// How many pieces it is in because of its holes, at least 1 when there is data.
    var pieces: Amount
}

/// Collects the data ranges of a file with holes, in the blocks of a target.
struct SparseShape {
    private let blockSize: Amount
    private var shape = FileShape(data: 0, pieces: 0)
    /// Where the blocks counted so far end.
    private var end: Amount = 0

    init(blockSize: Amount) { self.blockSize = blockSize }

    /// Adds a range that begins behind all before it.
    mutating func add(_ range: Range<Int64>) {
        let first = Amount(range.lowerBound).roundedDown(to: blockSize)
        let last = Amount(range.upperBound).roundedUp(to: blockSize)
        if first > end || shape.pieces == 0 { shape.pieces += 1 }
        shape.data += max(0, last - max(first, end))
        end = last
    }

    var result: FileShape { shape }
}
