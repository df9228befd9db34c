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
    }
}
