package import VolumeAccess

/// What a volume will take on a target that is like one of some profiles.
package struct Forecast: Sendable {
    /// What the tree holds.
    package let tree: TreeFacts
    /// What it takes on each target in question.
    package let candidates: [Candidate]
    /// The first errors; how many there were is in ``TreeFacts/unreadable``.
    package let failures: [VolumeError]

    /// A target and the need there.
    package struct Candidate: Hashable, Sendable {
        /// What it is like.
        package let target: TargetProfile
        /// What the tree takes there.
        package let need: SpaceNeed
        /// Of the need, what is in btrfs's trees, both copies; 0 on others, whose trees lie among the content.
        package var treeBytes: Amount { target.fileSystem == .btrfs ? need.bytes - need.fileData : 0 }
    }

    /// Computes what a volume will take.
    ///
    /// - Parameters:
    ///   - volume: What is to be moved.
    ///   - targets: What the target may be; at least one.
    ///   - threads: How many scan; nil for as many as there are processors.
    ///   - largestFile: Longer files are not transferred and not counted; nil for any.
    ///   - isStopped: Asked again and again, by several threads, whether to give up.
    /// - Returns: The forecast.
    /// - Throws: ``CapacityError`` when the volume cannot be scanned, or the scan was stopped.
    package static func of(
        _ volume: Volume,
        on targets: [TargetProfile] = TargetProfile.unknown(),
        threads: Int? = nil,
        largestFile: Int64? = nil,
        isStopped: @escaping @Sendable () -> Bool = { false }
    ) throws(CapacityError) -> Forecast {
        precondition(!targets.isEmpty, "a forecast is for some target")
        let scan = try VolumeScan.run(
            volume,
            for: targets,
            threads: threads,
            largestFile: largestFile,
            isStopped: isStopped
        )
        return Forecast(
            tree: scan.tree,
            candidates: zip(targets, scan.needs).map { Candidate(target: $0, need: $1) },
            failures: scan.failures
        )
    }

    /// The candidate that needs most: the forecast when it is unknown which one it will be.
    package var worst: Candidate {
        candidates.dropFirst().reduce(candidates[0]) { $0.need.bytes >= $1.need.bytes ? $0 : $1 }
    }
}
