extension TransferOptions {
    /// How files are written at the destination.
    public struct Placement: Sendable, Equatable {
        /// `-S`.
        public var sparse = false
        /// `--partial`.
        public var partial = false
        /// `--inplace`.
        public var inPlace = false
        /// `--fsync`: the session is complete only when everything is on the destination's device.
        public var fsync = false
    }
}
