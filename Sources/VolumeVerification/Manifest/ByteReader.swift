import Checksums

/// Takes fields out of bytes; integers are little-endian.
struct ByteReader {
    private let data: [UInt8]
    private var place = 0

    init(_ data: [UInt8]) { self.data = data }

    var isAtEnd: Bool { place == data.count }

    mutating func integer<Value: FixedWidthInteger>(_: Value.Type) throws(VerificationError) -> Value {
        let count = MemoryLayout<Value>.size
        guard data.count - place >= count else { throw .malformed("an entry ends early") }
        var bits: UInt64 = 0
        for index in 0..<count { bits |= UInt64(data[place + index]) << UInt64(8 * index) }
        place += count
        return Value(truncatingIfNeeded: bits)
    }

    mutating func bytes(_ count: Int) throws(VerificationError) -> [UInt8] {
        guard data.count - place >= count else { throw .malformed("an entry ends early") }
        defer { place += count }
        return Array(data[place..<place + count])
    }

    mutating func digest(_ function: TreeHashFunction) throws(VerificationError) -> TreeDigest {
        let bytes = try bytes(function.digestLength)
        return TreeDigest(bytes.span)
    }
}

extension [UInt8] {
    /// Appends an integer, little-endian.
    mutating func append(integer value: some FixedWidthInteger) {
        var rest = UInt64(truncatingIfNeeded: value)
        for _ in 0..<(value.bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }
}
