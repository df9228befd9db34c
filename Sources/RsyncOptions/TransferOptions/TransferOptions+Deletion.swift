extension TransferOptions {
    /// Deletions at the destination.
    public struct Deletion: Sendable, Equatable {
        /// `--delete` in any of its forms; deletion happens during the transfer unless ``isBefore``.
        public var isOn = false
        /// `--delete-before`: everything is deleted before anything is sent, which takes the whole file list at once.
        public var isBefore = false
        /// `--ignore-errors`.
        public var ignoreErrors = false
        /// `--dvm-delete-limit`: the share of the destination's entries, in percent, beyond which nothing is deleted.
        ///
        /// Nil for no limit. Only a dvm receiving side knows it.
        public var limit: Int?
        /// `--dvm-refuse-empty`: nothing is deleted when the sender has no entries; only a dvm receiving side knows it.
        public var refusesEmptySource = false

        /// Whether deletions wait until it is known how many there are.
        public var isGuarded: Bool { isOn && (limit != nil || refusesEmptySource) }
    }
}
