extension TransferOptions {
    /// Deletions at the destination.
    package struct Deletion: Sendable, Equatable {
        /// When names are deleted that the sender does not have.
        package enum Time: Sendable, Equatable {
            /// Before anything is transferred, which takes the whole file list at once.
            case before
            /// In each directory when it is processed.
            case during
            /// Found as in ``during``, deleted after the transfer.
            case delayed
            /// Found and deleted after the transfer, which takes the whole file list at once.
            case after
        }

        /// `--delete` in any of its forms.
        package var isOn = false
        /// `--delete-before`, `--delete-during`, `--delete-delay`, `--delete-after`; nil when none was given: the
        /// protocol version decides.
        package var time: Time?
        /// `--delete-excluded`: rules that name no side do not protect from deletion.
        package var includesExcluded = false
        /// `--ignore-errors`.
        package var ignoreErrors = false
        /// `--max-delete`: how many entries may be deleted; nil for any number.
        package var most: Int32?
        /// `--force`: directories that are not empty are replaced by other entries without `--delete`, too.
        package var force = false
        /// `--delete-missing-args`: sources that do not exist are deleted at the destination.
        package var deletesMissingSources = false
        /// `--dvm-delete-limit`: the share of the destination's entries, in percent, beyond which nothing is deleted.
        ///
        /// Nil for no limit. Only a dvm receiving side knows it.
        package var limit: Int?
        /// `--dvm-refuse-empty`: nothing is deleted when the sender has no entries; only a dvm receiving side knows it.
        package var refusesEmptySource = false

        /// Whether deletions wait until it is known how many there are.
        package var isGuarded: Bool { isOn && (limit != nil || refusesEmptySource) }

        /// Whether they take the whole file list at once.
        package var takesWholeList: Bool { isOn && (time == .before || time == .after) }

        /// Whether directories that are not empty may be replaced by other entries.
        package var replacesDirectories: Bool { isOn || force }
    }
}
