extension TransferOptions {
    /// Which names are in the transfer.
    package struct Selection: Sendable, Equatable {
        /// `-r`.
        package var recursive = false
        /// `--exclude`, `--include` in order.
        package var filters = FilterList()
    }
}
