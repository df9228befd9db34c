// The rolling checksum of a whole block.
//
// Invariant: every load is in `0 ..< bytes.byteCount`, because a row is read only while a whole row is left. The
// pointer does not escape the closure that the span passes it to.

/// One row of 32 bytes, as 16 pairs of bytes.
///
/// Swift's Linux platforms are little-endian: a pair's low byte comes first.
private typealias Row = SIMD16<Int16>
private let rowLength = 32

/// Both sums of a block, modulo 2^16 (the upper halves are meaningless).
///
/// The block is laid out in rows. Each column keeps the sum of its bytes (`a`) and the sum of that sum over the rows
/// before the current one (`b`). A byte in row r of R and column j has the weight 32 * (R - 1 - r) + (32 - j), so the
/// second sum of all rows is the total of 32 * b[j] + (32 - j) * a[j]. Everything is modulo 2^16, hence 16-bit lanes.
func columnSums(of bytes: RawSpan) -> (first: UInt32, second: UInt32) {
    unsafe bytes.withUnsafeBytes { buffer in
        let rows = buffer.count / rowLength
        var first: UInt32 = 0
        var second: UInt32 = 0
        if rows > 0 {
            (first, second) = unsafe sumRows(UnsafeRawBufferPointer(rebasing: buffer[..<(rows * rowLength)]))
        }
        for offset in (rows * rowLength)..<buffer.count {
            first =
                first &+ UInt32(bitPattern: Int32(unsafe buffer.loadUnaligned(fromByteOffset: offset, as: Int8.self)))
            second = second &+ first
        }
        return (first, second)
    }
}

/// Sums whole rows; `buffer.count` is a multiple of the row length.
private func sumRows(_ buffer: UnsafeRawBufferPointer) -> (first: UInt32, second: UInt32) {
    var evenSum = Row()
    var oddSum = Row()
    var evenPrefix = Row()
    var oddPrefix = Row()
    var offset = 0
    while offset < buffer.count {
        let row = unsafe buffer.loadUnaligned(fromByteOffset: offset, as: Row.self)
        evenPrefix &+= evenSum
        oddPrefix &+= oddSum
        evenSum &+= (row &<< 8) &>> 8
        oddSum &+= row &>> 8
        offset += rowLength
    }
    // Columns 0, 2, 4 ... 30; an odd column's weight is one less.
    let weights = Row(32, 30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2)
    let prefix = (evenPrefix &+ oddPrefix) &* 32
    let second = (prefix &+ evenSum &* weights &+ oddSum &* (weights &- 1)).wrappedSum()
    let first = (evenSum &+ oddSum).wrappedSum()
    return (UInt32(UInt16(bitPattern: first)), UInt32(UInt16(bitPattern: second)))
}
