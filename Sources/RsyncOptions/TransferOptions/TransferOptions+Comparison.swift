extension TransferOptions {
    /// When a file counts as unchanged.
    package struct Comparison: Sendable, Equatable {
        /// `-c`: compare by whole-file checksum.
        package var checksum = false
        /// `-I`.
        package var ignoreTimes = false
        /// `--size-only`.
        package var sizeOnly = false
        /// `--modify-window`: by how many seconds modification times may differ and still count as equal.
        ///
        /// 0 compares whole seconds, a negative value nanoseconds as well (rsync(1)); nil when not given, which means
        /// 0.
        package var modifyWindow: Int32?
        /// Whether, when ``modifyWindow`` is nil, nanoseconds are compared where the protocol has them (31 and later),
        /// as far as the destination's file system keeps them.
        ///
        /// A daemon is asked for it with `--modify-window=-1`.
        package var comparesNanoseconds = false
        /// `-u`: files that are newer at the destination are skipped.
        package var update = false
        /// `--existing`: nothing is created that does not exist.
        package var existing = false
        /// `--ignore-existing`: nothing that exists is updated.
        package var ignoreExisting = false
    }
}
