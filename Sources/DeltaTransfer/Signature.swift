public import Checksums

/// The sums of a basis, block by block: all that a sender needs to know about what the receiver has.
public struct Signature: Sendable {
    /// How the basis is cut.
    public let geometry: BlockGeometry
    /// How the strong sums are made.
    public let recipe: ChecksumRecipe
    /// The rolling sum of each block.
    public let rollingSums: [UInt32]
    /// The strong sums concatenated, each truncated to the geometry's strong length.
    public let strongSums: [UInt8]

    /// Puts a signature together from parts, such as those that came over the wire.
    ///
    /// - Parameters:
    ///   - geometry: How the basis is cut.
    ///   - recipe: How the strong sums were made.
    ///   - rollingSums: One per block.
    ///   - strongSums: The geometry's strong length of bytes per block.
    /// - Throws: ``DeltaError/sumCount(of:expected:found:)``.
    public init(
        geometry: BlockGeometry,
        recipe: ChecksumRecipe,
        rollingSums: [UInt32],
        strongSums: [UInt8]
    ) throws(DeltaError) {
        guard rollingSums.count == geometry.count else {
            throw .sumCount(of: "rolling sums", expected: geometry.count, found: rollingSums.count)
        }
        let expected = geometry.count * geometry.strongLength
        guard strongSums.count == expected else {
            throw .sumCount(of: "bytes of strong sums", expected: expected, found: strongSums.count)
        }
        self.geometry = geometry
        self.recipe = recipe
        self.rollingSums = rollingSums
        self.strongSums = strongSums
    }

    /// Signs bytes in memory.
    ///
    /// - Parameters:
    ///   - basis: The old content.
    ///   - recipe: How the strong sums are made.
    ///   - blockLength: The length of a block in bytes, or nil for rsync's rule.
    /// - Throws: ``DeltaError/tooManyBlocks(_:)``.
    public init(
        of basis: RawSpan,
        recipe: ChecksumRecipe = ChecksumRecipe(.xxh128),
        blockLength: Int? = nil
    ) throws(DeltaError) {
        let rule = BlockRule(digestLength: recipe.digestLength, forcedBlockLength: blockLength)
        let geometry = try BlockGeometry(basisSize: Int64(basis.byteCount), rule: rule)
        var builder = SignatureBuilder(geometry: geometry, recipe: recipe)
        builder.append(basis)
        self = try builder.finish()
    }

    /// A signature without blocks: everything is sent.
    ///
    /// - Parameter recipe: How strong sums would be made.
    /// - Returns: The signature.
    public static func empty(_ recipe: ChecksumRecipe) -> Signature {
        Signature(checkedGeometry: .empty, recipe: recipe, rollingSums: [], strongSums: [])
    }

    /// Puts together parts whose counts are known to be right.
    init(checkedGeometry: BlockGeometry, recipe: ChecksumRecipe, rollingSums: [UInt32], strongSums: [UInt8]) {
        geometry = checkedGeometry
        self.recipe = recipe
        self.rollingSums = rollingSums
        self.strongSums = strongSums
    }

    /// The stored strong sum of a block.
    ///
    /// - Parameter block: A number below the geometry's count.
    /// - Returns: The geometry's strong length of bytes.
    public func strongSum(of block: Int) -> ArraySlice<UInt8> {
        let length = geometry.strongLength
        return strongSums[(block * length)..<((block + 1) * length)]
    }
}
