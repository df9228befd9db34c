/// What to ask the storage for, so that a volume fits and its passes can be made.
package struct ClaimProposal: Hashable, Sendable {
    /// The smallest size that does, in bytes: rounded, and never below what was requested and provisioned.
    package let bytes: Int64
    /// The growth expected until the next pass.
    package let growth: Int64
    /// Whether the provisioned size is sufficient; nil when it was not given.
    package let fits: Bool?

    /// The size as Kubernetes writes it.
    package var quantity: Quantity { Quantity(bytes: bytes) }
}

extension Forecast {
    /// Computes a size for the claim at the target.
    ///
    /// The content grows until the next pass as much as it grew since the one before.
    ///
    /// - Parameters:
    ///   - round: The storage gives multiples of this many bytes, at least 1.
    ///   - requested: What the claim requests now.
    ///   - provisioned: What it has got; this is what has to be enough, or else what is requested.
    ///   - previous: The bytes that an earlier forecast came to (``SpaceNeed/bytes`` of its worst candidate).
    /// - Returns: The proposal, good for all candidates.
    package func proposal(
        round: Int64,
        requested: Int64? = nil,
        provisioned: Int64? = nil,
        previous: Int64? = nil
    ) -> ClaimProposal {
        precondition(round > 0, "sizes are multiples of something")
        let growth: Amount = previous.map { max(0, worst.need.bytes - Amount($0)) } ?? 0
        let enough: Amount = candidates.map { $0.smallestSize(growth: growth, round: Amount(round)) }.reduce(0) {
            max($0, $1)
        }
        let asked = Amount(max(requested ?? 0, provisioned ?? 0))
        let available = provisioned ?? requested
        return ClaimProposal(
            bytes: max(enough, asked).value,
            growth: growth.value,
            fits: available.map { size in candidates.allSatisfy { $0.fits(in: Amount(size), growth: growth) } }
        )
    }
}

extension Forecast.Candidate {
    /// Whether the tree, a changed file beside its old self, and some growth fit on a new file system.
    ///
    /// - Parameters:
    ///   - size: Of the device, in bytes.
    ///   - growth: Bytes to come.
    /// - Returns: Whether bytes and inodes are enough.
    package func fits(in size: Amount, growth: Amount = 0) -> Bool {
        let missing = missing(in: size, growth)
        return missing.bytes <= 0 && missing.inodes <= 0
    }

    private func missing(in size: Amount, _ growth: Amount) -> (bytes: Amount, inodes: Amount) {
        let empty = EmptyFileSystem(size: size, target: target, metadata: treeBytes)
        return (need.bytesWhileUpdating + growth - empty.usableBytes, need.inodes - empty.usableInodes)
    }

    /// The smallest multiple of a unit that is enough.
    func smallestSize(growth: Amount, round: Amount) -> Amount {
        var size = SplitTree.roundedUp(max(need.bytes, 1), round) * round
        while true {
            let missing = missing(in: size, growth)
            // No device is larger, and for a sum that stopped nothing is enough.
            guard missing.bytes > 0 || missing.inodes > 0, size < Amount(TargetFacts.largestFigure) else { return size }
            // What is missing is missing at least; the tables for it come in the next turn.
            let more = max(missing.bytes, max(0, missing.inodes) * target.inodeSize, 1)
            size += SplitTree.roundedUp(more, round) * round
        }
    }
}
