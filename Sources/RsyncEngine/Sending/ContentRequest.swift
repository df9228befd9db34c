import DeltaTransfer

/// Which content of a file the receiving side requests.
enum ContentRequest: Sendable {
    /// All of it, as a delta against a basis with these sums; without sums, as literal data.
    case delta(Signature)
    /// What follows the bytes that the receiving side has, whose length this is (`--append`; protocol specification,
    /// transfer 12.4).
    case rest(BlockGeometry)

    /// The sum head, which the answer repeats.
    var geometry: BlockGeometry {
        switch self {
        case .delta(let signature): signature.geometry
        case .rest(let geometry): geometry
        }
    }
}
