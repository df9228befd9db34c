extension TransferOptions {
    /// Which attributes of an entry are preserved.
    public struct Attributes: Sendable, Equatable {
        /// `-l`.
        public var links = false
        /// `-p`.
        public var permissions = false
        /// `-t`.
        public var times = false
        /// `--omit-dir-times`.
        public var omitDirectoryTimes = false
        /// `-g`.
        public var group = false
        /// `-o`.
        public var owner = false
        /// `--numeric-ids`.
        public var numericIDs = false
        /// `--devices`.
        public var devices = false
        /// `--specials`.
        public var specials = false
        /// `-H`.
        public var hardLinks = false
    }
}
