extension TransferOptions {
    /// Which names are in the transfer.
    package struct Selection: Sendable, Equatable {
        /// `-r`.
        package var recursive = false
        /// `--filter`, `--exclude`, `--include` and what other options imply, in order.
        package var filters = FilterList()
        /// The names that a daemon's module hides, relative to its root; they stay on this side.
        package var moduleFilters = FilterList()
        /// Whether a daemon's module hides names that its user may not read; it stays on this side.
        package var ignoresUnreadable = false
        /// `-m`: directories with nothing in them are left out.
        package var prunesEmptyDirectories = false
        /// `-C`.
        package var cvsExclude = false
    }
}
