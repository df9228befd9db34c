/// How a basis is cut into blocks, and how long each block's strong sum is.
///
/// Block i begins at i * `blockLength`; all blocks are that long but the last one, which may be shorter.
public struct BlockGeometry: Sendable, Hashable {
    /// The length of the basis in bytes.
    public let basisSize: Int64
    /// The length of a block in bytes; 0 only without blocks.
    public let blockLength: Int
    /// The length of a stored strong sum in bytes.
    public let strongLength: Int
    /// The number of blocks.
    public let count: Int
    /// The length of the last block when that is short, else 0.
    public let remainder: Int

    /// No basis: everything is sent.
    public static let empty = BlockGeometry()

    private init() {
        basisSize = 0
        blockLength = 0
        strongLength = 0
        count = 0
        remainder = 0
    }

    /// Cuts a basis by a rule.
    ///
    /// - Parameters:
    ///   - basisSize: The length of the basis in bytes; 0 gives ``empty``.
    ///   - rule: How long blocks and sums should be.
    /// - Throws: ``DeltaError/tooManyBlocks(_:)`` when the number of blocks does not fit 31 bits.
    public init(basisSize: Int64, rule: BlockRule) throws(DeltaError) {
        precondition(basisSize >= 0, "a size is not negative")
        guard basisSize > 0 else {
            self = .empty
            return
        }
        let blockLength = rule.blockLength(forBasisSize: basisSize)
        let (whole, rest) = basisSize.quotientAndRemainder(dividingBy: Int64(blockLength))
        let count = whole + (rest > 0 ? 1 : 0)
        guard count <= Int64(Int32.max) else { throw .tooManyBlocks(count) }
        self.basisSize = basisSize
        self.blockLength = blockLength
        strongLength = rule.strongLength(forBasisSize: basisSize, blockLength: blockLength)
        self.count = Int(count)
        remainder = Int(rest)
    }

    /// Adopts the four numbers of a sum head that a peer sent (protocol specification, transfer 10).
    ///
    /// - Parameters:
    ///   - count: The number of blocks.
    ///   - blockLength: The length of a block in bytes.
    ///   - strongLength: The length of a strong sum in bytes.
    ///   - remainder: The length of a short last block, else 0.
    ///   - maximumBlockLength: The longest block that the session allows.
    ///   - digestLength: The length of the session's whole digest.
    /// - Throws: ``DeltaError/invalidField(_:value:)`` for the first number outside its range.
    public init(
        count: Int,
        blockLength: Int,
        strongLength: Int,
        remainder: Int,
        maximumBlockLength: Int = BlockRule.maximumBlockLength,
        digestLength: Int
    ) throws(DeltaError) {
        guard count >= 0, count <= Int(Int32.max) else { throw .invalidField("block count", value: Int64(count)) }
        let shortest = count > 0 ? 1 : 0
        guard blockLength >= shortest, blockLength <= maximumBlockLength else {
            throw .invalidField("block length", value: Int64(blockLength))
        }
        guard strongLength >= 0, strongLength <= digestLength else {
            throw .invalidField("strong sum length", value: Int64(strongLength))
        }
        guard remainder >= 0, remainder <= blockLength else {
            throw .invalidField("remainder", value: Int64(remainder))
        }
        self.count = count
        self.blockLength = blockLength
        self.strongLength = strongLength
        self.remainder = remainder
        let last = remainder > 0 ? remainder : blockLength
        basisSize = count == 0 ? 0 : Int64(count - 1) * Int64(blockLength) + Int64(last)
    }

    /// The length of blocks that follow each other.
    ///
    /// - Parameters:
    ///   - first: The first of them, below `count`.
    ///   - blocks: How many; all below `count`.
    /// - Returns: Their bytes, a short last block counted as it is.
    package func length(ofBlocks first: Int, count blocks: Int) -> Int64 {
        min(Int64(blocks) * Int64(blockLength), basisSize - offset(of: first))
    }

    /// The number of blocks that have the full length.
    package var fullBlockCount: Int { hasShortBlock ? count - 1 : count }

    /// Whether the last block is shorter than the others.
    package var hasShortBlock: Bool { count > 0 && remainder > 0 && remainder < blockLength }

    /// Where a block begins.
    ///
    /// - Parameter block: A number below ``count``.
    /// - Returns: Its offset in the basis in bytes.
    public func offset(of block: Int) -> Int64 {
        precondition(block >= 0 && block < count, "no such block")
        return Int64(block) * Int64(blockLength)
    }

    /// How long a block is.
    ///
    /// - Parameter block: A number below ``count``.
    /// - Returns: Its length in bytes.
    public func length(of block: Int) -> Int {
        precondition(block >= 0 && block < count, "no such block")
        return block == count - 1 && remainder > 0 ? remainder : blockLength
    }

    /// The bytes of the basis that a copy token stands for, checked.
    ///
    /// - Parameters:
    ///   - block: The first block, as a peer sent.
    ///   - count: The number of blocks that follow each other; at least 1.
    /// - Returns: The range in the basis in bytes.
    /// - Throws: ``DeltaError/blockOutOfRange(block:count:available:)``.
    public func range(ofBlock block: Int, count: Int = 1) throws(DeltaError) -> Range<Int64> {
        guard block >= 0, count >= 1, block < self.count, count <= self.count - block else {
            throw .blockOutOfRange(block: block, count: count, available: self.count)
        }
        let last = block + count - 1
        return offset(of: block)..<(offset(of: last) + Int64(length(of: last)))
    }
}
