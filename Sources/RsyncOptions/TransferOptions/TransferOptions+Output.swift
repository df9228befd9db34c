extension TransferOptions {
    /// What is printed.
    package struct Output: Sendable, Equatable {
        /// `-v`, counted.
        package var verbosity = 0
        /// `-q`.
        package var quiet = false
        /// `-i`, counted; on a server from `--log-format=%i`.
        package var itemize = 0
        /// `--stats`.
        package var stats = false
        /// Whether this side, when it sends, lists files that grew while they were read.
        ///
        /// It is not sent to the peer.
        package var listsGrownFiles = false
    }
}
