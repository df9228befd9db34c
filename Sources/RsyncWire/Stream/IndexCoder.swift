/// The state of the index coding of one direction (protocol specification, session 5.5).
struct IndexCoder {
    private var lastPositive: Int32 = -1
    private var lastNegative: Int32 = 1

    /// Decodes a difference to the last value of the same sign.
    mutating func decoded(difference: Int32, isNegative: Bool) throws(WireError) -> Int32 {
        let (value, overflow) = (isNegative ? lastNegative : lastPositive).addingReportingOverflow(difference)
        guard !overflow else { throw .incompatible("file index overflow") }
        return decoded(absolute: value, isNegative: isNegative)
    }

    /// Decodes a value that was sent in full.
    mutating func decoded(absolute: Int32, isNegative: Bool) -> Int32 {
        guard isNegative else {
            lastPositive = absolute
            return absolute
        }
        lastNegative = absolute
        return -absolute
    }

    /// The bytes of a value, which becomes the last one of its sign.
    mutating func encoded(_ value: Int32) -> (bytes: UInt64, count: Int) {
        if value == -1 { return (0, 1) }
        let isNegative = value < 0
        let magnitude = isNegative ? -value : value
        let difference = Int64(magnitude) - Int64(isNegative ? lastNegative : lastPositive)
        if isNegative { lastNegative = magnitude } else { lastPositive = magnitude }
        var bytes: UInt64 = 0
        var count = 0
        func put(_ byte: UInt32) {
            bytes |= UInt64(byte & 0xff) << UInt64(8 * count)
            count += 1
        }
        if isNegative { put(0xff) }
        if (1...253).contains(difference) {
            put(UInt32(difference))
        } else if (0...32767).contains(difference) {
            put(0xfe)
            put(UInt32(difference) >> 8)
            put(UInt32(difference))
        } else {
            let bits = UInt32(magnitude)
            put(0xfe)
            put(bits >> 24 | 0x80)
            put(bits)
            put(bits >> 8)
            put(bits >> 16)
        }
        return (bytes, count)
    }
}
