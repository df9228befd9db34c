/// Rebuilds new content from a basis and a delta.
public enum Patch {
    /// Applies a delta.
    ///
    /// - Parameters:
    ///   - delta: What to do.
    ///   - basis: The content that the delta's signature was made of.
    /// - Returns: The new content.
    /// - Throws: ``DeltaError`` when a token points outside the basis or the literals.
    public static func apply(_ delta: Delta, to basis: RawSpan) throws(DeltaError) -> [UInt8] {
        try apply(delta.tokens, literals: delta.literals.rawBytes, basis: basis, geometry: delta.geometry)
    }

    /// Applies tokens.
    ///
    /// - Parameters:
    ///   - tokens: The steps.
    ///   - literals: What the ranges of literal tokens refer to.
    ///   - basis: What copy tokens refer to.
    ///   - geometry: How the basis was cut.
    /// - Returns: The new content.
    /// - Throws: ``DeltaError`` when a token points outside the basis or the literals.
    public static func apply(
        _ tokens: [DeltaToken],
        literals: RawSpan,
        basis: RawSpan,
        geometry: BlockGeometry
    ) throws(DeltaError) -> [UInt8] {
        guard Int64(basis.byteCount) >= geometry.basisSize else {
            throw .basisTooShort(promised: geometry.basisSize, found: Int64(basis.byteCount))
        }
        var result: [UInt8] = []
        for token in tokens {
            let piece: RawSpan
            switch token {
            case .literal(let range):
                guard range.lowerBound >= 0, range.upperBound <= literals.byteCount else {
                    throw .literalOutOfRange(range, available: literals.byteCount)
                }
                piece = literals.extracting(range)
            case .copy(let block, let count):
                let range = try geometry.range(ofBlock: block, count: count)
                piece = basis.extracting(Int(range.lowerBound)..<Int(range.upperBound))
            }
            result.append(copying: piece)
        }
        return result
    }
}
