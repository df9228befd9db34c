/// Why a signature could not be made or a delta not be applied.
public enum DeltaError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A field of a geometry that came from elsewhere is outside its range.
    case invalidField(String, value: Int64)
    /// The basis would have more blocks than the 31 bits of the wire can count.
    case tooManyBlocks(Int64)
    /// The basis ended before its promised size.
    case basisTooShort(promised: Int64, found: Int64)
    /// The sums of a signature are not as many as its geometry says.
    case sumCount(of: String, expected: Int, found: Int)
    /// A copy token names blocks that the basis does not have.
    case blockOutOfRange(block: Int, count: Int, available: Int)
    /// A literal token names bytes that are not there.
    case literalOutOfRange(Range<Int>, available: Int)

    /// What is wrong, in one lower-case sentence.
    public var description: String {
        switch self {
        case .invalidField(let name, let value): "invalid \(name): \(value)"
        case .tooManyBlocks(let count): "\(count) blocks are more than a signature can hold"
        case .basisTooShort(let promised, let found): "the basis ended after \(found) of \(promised) bytes"
        case .sumCount(let name, let expected, let found): "\(found) instead of \(expected) \(name) in a signature"
        case .blockOutOfRange(let block, let count, let available):
            "\(count) blocks from number \(block) of a basis of \(available) blocks"
        case .literalOutOfRange(let range, let available): "literal \(range) of \(available) bytes"
        }
    }
}
