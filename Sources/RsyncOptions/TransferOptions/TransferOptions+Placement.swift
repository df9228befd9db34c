extension TransferOptions {
    /// How files are written at the destination.
    package struct Placement: Sendable, Equatable {
        /// `-S`.
        package var sparse = false
        /// `--partial`.
        package var partial = false
        /// `--inplace`.
        package var inPlace = false
        /// `--fsync`: the session is complete only when everything is on the destination's device.
        package var fsync = false
        /// `--partial-dir`: where what interrupted transfers leave is kept; nil for the usual place.
        package var partialDirectory: [UInt8]?
        /// `--compare-dest`, `--copy-dest`, `--link-dest`: further directories with files, at most
        /// ``alternatesLimit``.
        package var alternates: [[UInt8]] = []
        /// What ``alternates`` are used for.
        package var alternateUse = AlternateUse.compare
        /// `-y`, counted: files with similar names serve as a basis, with 2 those in ``alternates``, too.
        package var fuzziness = 0

        /// Whether what interrupted transfers leave is kept, and used.
        package var keepsPartials: Bool { (partial || partialDirectory != nil) && !inPlace }

        /// The most alternate directories.
        package static let alternatesLimit = 20
    }
}

/// What an equal file of an alternate directory is used for.
package enum AlternateUse: String, Sendable, Equatable {
    /// `--compare-dest`: the destination does without it.
    case compare
    /// `--copy-dest`: it is copied.
    case copy
    /// `--link-dest`: it is linked.
    case link
}
