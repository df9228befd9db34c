package import Transport

/// Everything until the end of a stream.
package func readAll(_ stream: any ByteStream) throws -> [UInt8] {
    var all: [UInt8] = []
    while true {
        let piece = try stream.read(upTo: 64 * 1024)
        guard !piece.isEmpty else { return all }
        all += piece
    }
}

/// Sends back what comes until the end.
package func echoUntilEnd(_ stream: any ByteStream) throws {
    while true {
        let piece = try stream.read(upTo: 64 * 1024)
        guard !piece.isEmpty else { break }
        try stream.write(piece)
    }
    try stream.closeWrite()
    stream.close()
}

/// Bytes that depend on their place, without a table: a slip of one byte shows.
package struct Pattern {
    private var state: UInt64

    /// Starts at a place that the seed chooses.
    package init(seed: UInt64) { state = seed }

    private static let table: [UInt8] = {
        var word: UInt64 = 88_172_645_463_325_252
        return (0..<1_048_583).map { _ in
            word ^= word << 13
            word ^= word >> 7
            word ^= word << 17
            return UInt8(truncatingIfNeeded: word)
        }
    }()

    /// The next bytes.
    package mutating func next(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let start = Int(state % UInt64(Self.table.count))
            let piece = Self.table[start..<min(start + count - bytes.count, Self.table.count)]
            bytes.append(contentsOf: piece)
            state += UInt64(piece.count)
        }
        return bytes
    }
}
