/// How to turn one content into another: for those who have both signature and new content in memory.
public struct Delta: Sendable {
    /// How the basis was cut.
    public let geometry: BlockGeometry
    /// The steps, in the order of the new content; a literal's range is in ``literals``.
    public let tokens: [DeltaToken]
    /// All bytes that the basis does not have.
    public let literals: [UInt8]

    /// Takes over a delta that was sent.
    ///
    /// - Parameters:
    ///   - geometry: How the basis was cut.
    ///   - tokens: The steps.
    ///   - literals: The bytes that they refer to.
    public init(geometry: BlockGeometry, tokens: [DeltaToken], literals: [UInt8]) {
        self.geometry = geometry
        self.tokens = tokens
        self.literals = literals
    }

    /// Finds what of the new content the basis already has.
    ///
    /// - Parameters:
    ///   - signature: The basis's signature.
    ///   - new: The new content.
    public init(from signature: Signature, to new: RawSpan) {
        var tokens: [DeltaToken] = []
        var literals: [UInt8] = []
        for token in Delta.tokens(from: signature, new: new) {
            guard case .literal(let range) = token else {
                tokens.append(token)
                continue
            }
            tokens.append(.literal(literals.count..<(literals.count + range.count)))
            literals.append(copying: new.extracting(range))
        }
        self.init(geometry: signature.geometry, tokens: tokens, literals: literals)
    }

    /// The steps alone.
    ///
    /// - Parameters:
    ///   - signature: The basis's signature.
    ///   - new: The new content.
    /// - Returns: Tokens whose literal ranges are in the new content.
    public static func tokens(from signature: Signature, new: RawSpan) -> [DeltaToken] {
        var tokens: [DeltaToken] = []
        var matcher = BlockMatcher(signature)
        _ = matcher.match(new, isLast: true) { tokens.append($0) }
        return tokens
    }
}
