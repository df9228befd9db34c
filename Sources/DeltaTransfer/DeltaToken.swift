/// One step of rebuilding new content from a basis.
public enum DeltaToken: Sendable, Hashable {
    /// Take bytes that are sent along; the range says which, in the coordinates of the token's producer.
    case literal(Range<Int>)
    /// Take blocks of the basis that follow each other.
    case copy(block: Int, count: Int)
}

/// What a matcher has found so far.
public struct MatchStatistics: Sendable, Hashable {
    /// Bytes that the receiver takes from its basis.
    public var matchedBytes: Int64 = 0
    /// Bytes that have to be sent.
    public var literalBytes: Int64 = 0
    /// Blocks matched.
    public var matches: Int64 = 0
    /// Offsets whose rolling sum is that of some block.
    public var hashHits: Int64 = 0
    /// Such offsets that turned out to be no match.
    public var falseAlarms: Int64 = 0
    /// Strong sums computed.
    public var strongSums: Int64 = 0
    /// Stored strong sums compared.
    public var candidates: Int64 = 0

    /// Nothing found yet.
    public init() {}
}
