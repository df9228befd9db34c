extension TransferOptions {
    /// What is printed.
    public struct Output: Sendable, Equatable {
        /// `-v`, counted.
        public var verbosity = 0
        /// `-q`.
        public var quiet = false
        /// `-i`, counted; on a server from `--log-format=%i`.
        public var itemize = 0
        /// `--stats`.
        public var stats = false
        /// Whether this side, when it sends, lists files that grew while they were read.
        ///
        /// It is not sent to the peer.
        public var listsGrownFiles = false
    }
}
