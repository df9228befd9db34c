public import Checksums

/// Makes a signature from a basis that comes in pieces of any length.
///
/// Blocks that lie wholly in a piece are checksummed where they are; only a block that spans pieces is copied.
public struct SignatureBuilder: ~Copyable, Sendable {
    /// How the basis is cut.
    public let geometry: BlockGeometry
    private var checksum: StreamingChecksum
    private var rollingSums: [UInt32] = []
    private var strongSums: [UInt8] = []
    /// The beginning of a block whose end has not come yet; shorter than that block.
    private var pending: [UInt8] = []
    private var received: Int64 = 0

    /// Begins a signature.
    ///
    /// - Parameters:
    ///   - geometry: How the basis is cut; its strong length is at most the recipe's digest length.
    ///   - recipe: How the strong sums are made.
    public init(geometry: BlockGeometry, recipe: ChecksumRecipe) {
        precondition(geometry.strongLength <= recipe.digestLength, "a stored sum is no longer than the digest")
        self.geometry = geometry
        checksum = StreamingChecksum(recipe)
        rollingSums.reserveCapacity(geometry.count)
        strongSums.reserveCapacity(geometry.count * geometry.strongLength)
    }

    /// Adds the next piece of the basis.
    ///
    /// - Parameter bytes: Any number of bytes; those past the geometry's size are ignored.
    public mutating func append(_ bytes: RawSpan) {
        var rest = bytes.extracting(first: Int(min(Int64(bytes.byteCount), geometry.basisSize - received)))
        received += Int64(rest.byteCount)
        while rollingSums.count < geometry.count, rest.byteCount > 0 {
            let length = geometry.length(of: rollingSums.count)
            let missing = length - pending.count
            if rest.byteCount < missing {
                pending.append(copying: rest)
                return
            }
            if pending.isEmpty {
                sign(rest.extracting(first: length))
            } else {
                pending.append(copying: rest.extracting(first: missing))
                let block = pending
                pending = []
                sign(block.rawBytes)
                pending = block
                pending.removeAll(keepingCapacity: true)
            }
            rest = rest.extracting(droppingFirst: missing)
        }
    }

    /// Ends the basis.
    ///
    /// - Returns: The signature of all blocks.
    /// - Throws: ``DeltaError/basisTooShort(promised:found:)`` when fewer bytes came than the geometry promised.
    public consuming func finish() throws(DeltaError) -> Signature {
        guard received == geometry.basisSize else {
            throw .basisTooShort(promised: geometry.basisSize, found: received)
        }
        return Signature(
            checkedGeometry: geometry,
            recipe: checksum.recipe,
            rollingSums: rollingSums,
            strongSums: strongSums
        )
    }

    private mutating func sign(_ block: RawSpan) {
        rollingSums.append(RollingChecksum.sum(of: block))
        let digest = checksum.digest(of: block)
        for index in 0..<geometry.strongLength { strongSums.append(digest[index]) }
    }
}
