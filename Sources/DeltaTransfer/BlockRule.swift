/// How long blocks and their strong sums should be: rsync's rule (protocol specification, transfer 11.7).
public struct BlockRule: Sendable, Hashable {
    /// The longest block since protocol 30.
    public static let maximumBlockLength = 131_072
    /// The shortest block that the rule chooses by itself.
    static let minimumBlockLength = 700
    /// The longest stored strong sum.
    static let maximumStrongLength = 16

    /// The length of every block when the user chose one, in bytes.
    public var forcedBlockLength: Int?
    /// The longest block in bytes.
    public var maximumBlockLength: Int
    /// The length of the whole strong digest; no stored sum is longer.
    public var digestLength: Int
    /// Whether this is the retry after a wrong whole-file checksum, which takes the longest sums.
    public var isRedo: Bool

    /// Sets up the rule.
    ///
    /// - Parameters:
    ///   - digestLength: The length of the whole strong digest in bytes, at least 1.
    ///   - forcedBlockLength: The length of every block, if the user chose one; brought into 1...maximum.
    ///   - maximumBlockLength: The longest block in bytes.
    ///   - isRedo: Whether to take the longest sums.
    public init(
        digestLength: Int,
        forcedBlockLength: Int? = nil,
        maximumBlockLength: Int = BlockRule.maximumBlockLength,
        isRedo: Bool = false
    ) {
        self.digestLength = digestLength
        self.forcedBlockLength = forcedBlockLength
        self.maximumBlockLength = maximumBlockLength
        self.isRedo = isRedo
    }

    /// The block length for a basis: about the square root of its size.
    func blockLength(forBasisSize size: Int64) -> Int {
        if let forcedBlockLength { return min(max(forcedBlockLength, 1), maximumBlockLength) }
        let shortest = BlockRule.minimumBlockLength
        guard size > Int64(shortest * shortest) else { return min(shortest, maximumBlockLength) }
        let root = squareRoot(of: size)
        return max(min(root / 8 * 8, maximumBlockLength), min(shortest, maximumBlockLength))
    }

    /// The strong length that keeps chance matches of a whole basis unlikely.
    func strongLength(forBasisSize size: Int64, blockLength: Int) -> Int {
        let longest = min(BlockRule.maximumStrongLength, digestLength)
        guard !isRedo else { return longest }
        let bits = max(10 + 2 * floorLog2(size) - floorLog2(Int64(blockLength)), 0)
        return min(max((bits - 24) / 8, 2), longest)
    }
}

/// The exponent of the highest power of two that is not above a positive number.
private func floorLog2(_ value: Int64) -> Int { Int64.bitWidth - 1 - value.leadingZeroBitCount }

/// The largest integer whose square is not above a number: Newton's iteration, downwards from above the root.
private func squareRoot(of value: Int64) -> Int {
    var root = Int64(1) << Int64(floorLog2(value) / 2 + 1)
    while true {
        let next = (root + value / root) / 2
        guard next < root else { return Int(root) }
        root = next
    }
}
