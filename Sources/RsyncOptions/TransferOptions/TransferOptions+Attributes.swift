extension TransferOptions {
    /// Which attributes of an entry are preserved.
    package struct Attributes: Sendable, Equatable {
        /// `-l`.
        package var links = false
        /// `-p`.
        package var permissions = false
        /// `-t`.
        package var times = false
        /// `--omit-dir-times`.
        package var omitDirectoryTimes = false
        /// `-g`.
        package var group = false
        /// `-o`.
        package var owner = false
        /// `--numeric-ids`.
        package var numericIDs = false
        /// `--devices`.
        package var devices = false
        /// `--specials`.
        package var specials = false
        /// `-H`.
        package var hardLinks = false
    }
}
