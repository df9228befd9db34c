extension TransferOptions {
    /// Which names are in the transfer.
    public struct Selection: Sendable, Equatable {
        /// `-r`.
        public var recursive = false
        /// `--exclude`, `--include` in order.
        public var filters = FilterList()
    }
}
