/// How a basis is cut into blocks (protocol specification, transfer 10).
///
///     count (int) | block length (int) | strong length (int) | remainder (int)
public struct SumHead: Equatable, Sendable {
    /// Longest block in bytes from protocol 30 on.
    public static let blockLengthLimit: Int32 = 131_072
    /// Memory that the sums of one file may take, as rsync's own limit on an allocation.
    static let memoryLimit: Int64 = 1 << 30

    /// Number of blocks.
    public var count: Int32
    /// Bytes of every block but perhaps the last.
    public var blockLength: Int32
    /// Bytes of each strong sum that travel.
    public var strongLength: Int32
    /// Bytes of the last block when it is short, else 0.
    public var remainder: Int32

    /// Makes a head.
    public init(count: Int32, blockLength: Int32, strongLength: Int32, remainder: Int32) {
        self.count = count
        self.blockLength = blockLength
        self.strongLength = strongLength
        self.remainder = remainder
    }

    /// No basis: send everything.
    public static let empty = SumHead(count: 0, blockLength: 0, strongLength: 0, remainder: 0)

    /// Bytes of the basis.
    public var length: Int64 {
        guard count > 0 else { return 0 }
        return Int64(count) * Int64(blockLength) - (remainder > 0 ? Int64(blockLength) - Int64(remainder) : 0)
    }

    /// Where a block starts in the basis.
    public func offset(of block: Int32) -> Int64 { Int64(block) * Int64(blockLength) }

    /// Bytes of adjacent blocks.
    ///
    /// - Parameters:
    ///   - block: The first one.
    ///   - blocks: How many; all inside ``count``.
    /// - Returns: Their length, regarding a short last block.
    public func length(of block: Int32, count blocks: Int = 1) -> Int64 {
        min(Int64(blocks) * Int64(blockLength), length - offset(of: block))
    }

    /// Reads a head and checks all of it.
    ///
    /// - Parameters:
    ///   - input: Where it comes from.
    ///   - digestLength: Bytes of the session's whole digest.
    /// - Returns: The head.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 for a number out of range, 22 for more sums than fit
    ///   into memory (protocol specification, transfer 19.2 T7 and 19.3 S2).
    public static func read(from input: WireInput, digestLength: Int) throws(WireError) -> SumHead {
        let head = SumHead(
            count: try input.int32("a checksum count"),
            blockLength: try input.int32("a block length"),
            strongLength: try input.int32("a checksum length"),
            remainder: try input.int32("a remainder")
        )
        guard head.count >= 0 else { throw .incompatible("invalid checksum count \(head.count)") }
        guard (0...blockLengthLimit).contains(head.blockLength) else {
            throw .incompatible("invalid block length \(head.blockLength)")
        }
        guard head.count == 0 || head.blockLength > 0 else { throw .incompatible("invalid zero block length") }
        guard head.strongLength >= 0, head.strongLength <= digestLength else {
            throw .incompatible("invalid checksum length \(head.strongLength)")
        }
        guard (0...head.blockLength).contains(head.remainder) else {
            throw .incompatible("invalid remainder length \(head.remainder)")
        }
        guard Int64(head.count) * Int64(4 + head.strongLength) <= memoryLimit else {
            throw .violation("\(head.count) block checksums do not fit into memory", exitCode: 22)
        }
        return head
    }

    /// Writes the head.
    ///
    /// - Parameter output: Where it goes.
    public func write(to output: WireOutput) throws(WireError) {
        try output.int32(count)
        try output.int32(blockLength)
        try output.int32(strongLength)
        try output.int32(remainder)
    }
}
