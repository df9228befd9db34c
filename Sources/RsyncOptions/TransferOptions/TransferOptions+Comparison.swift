extension TransferOptions {
    /// When a file counts as unchanged.
    public struct Comparison: Sendable, Equatable {
        /// `-c`: compare by whole-file checksum.
        public var checksum = false
        /// `-I`.
        public var ignoreTimes = false
        /// `--size-only`.
        public var sizeOnly = false
        /// `--modify-window`: by how many seconds modification times may differ and still count as equal.
        ///
        /// 0 compares whole seconds, a negative value nanoseconds as well (rsync(1)); nil when not given, which means
        /// 0.
        public var modifyWindow: Int32?
        /// Whether, when ``modifyWindow`` is nil, nanoseconds are compared where the protocol has them (31 and later),
        /// as far as the destination's file system keeps them.
        ///
        /// A daemon is asked for it with `--modify-window=-1`.
        public var comparesNanoseconds = false
    }
}
