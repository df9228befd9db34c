extension TransferOptions {
    /// Deletions at the destination.
    package struct Deletion: Sendable, Equatable {
        /// `--delete` in any of its forms; deletion happens during the transfer unless ``isBefore``.
        package var isOn = false
        /// `--delete-before`: everything is deleted before anything is sent, which takes the whole file list at once.
        package var isBefore = false
        /// `--delete-excluded`: rules that name no side do not protect from deletion.
        package var includesExcluded = false
        /// `--ignore-errors`.
        package var ignoreErrors = false
        /// `--dvm-delete-limit`: the share of the destination's entries, in percent, beyond which nothing is deleted.
        ///
        /// Nil for no limit. Only a dvm receiving side knows it.
        package var limit: Int?
        /// `--dvm-refuse-empty`: nothing is deleted when the sender has no entries; only a dvm receiving side knows it.
        package var refusesEmptySource = false

        /// Whether deletions wait until it is known how many there are.
        package var isGuarded: Bool { isOn && (limit != nil || refusesEmptySource) }
    }
}
