extension TransferOptions {
    /// Which names are in the transfer.
    package struct Selection: Sendable, Equatable {
        /// `-r`.
        package var recursive = false
        /// `--filter`, `--exclude`, `--include` and what other options imply, in order.
        package var filters = FilterList()
        /// `-m`: directories with nothing in them are left out.
        package var prunesEmptyDirectories = false
        /// `-C`.
        package var cvsExclude = false
    }
}
