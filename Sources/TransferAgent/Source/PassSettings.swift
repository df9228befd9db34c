/// How a volume is transferred, as text.
package struct PassSettings: Sendable, Equatable {
    /// Whether to delete entries at the target that the source lacks, of `--delete`.
    package var delete = true
    /// Whether a source without entries may empty the target, of `--allow-empty-source`.
    package var allowEmptySource = false
    /// The share of the target's entries, in percent, beyond which nothing is deleted, of `--delete-limit`.
    package var deleteLimit = 50
    /// Whether the source's path has to be a mount point, of `--mount-point`.
    package var mountPoint = false
    /// Whether a target that was changed since the last pass is overwritten, of `--allow-diverged`.
    package var allowDiverged = false
    /// The number of entries after which deletions stop, of `--max-delete`; nil for any.
    package var mostDeletions: Int?
    /// Whether to compare by checksum, of `--checksum`.
    package var checksum = false
    /// Patterns of names that are transferred although a pattern of ``exclude`` matches, of `--include`.
    package var include: [String] = []
    /// Patterns of names that are neither transferred nor deleted, of `--exclude`.
    package var exclude: [String] = []
    /// Whether ACLs and extended attributes are transferred, of `--attributes`.
    package var attributes = AttributePolicy.auto
    /// Whether SELinux labels are, too, of `--selinux-labels`.
    package var labels = false
    /// How owners and groups are matched, of `--owners`.
    package var owners = OwnerPolicy.numbers
    /// Whether names of one file stay names of one file, of `--hard-links`.
    package var hardLinks = true
    /// Whether holes are made where a file has zeros, of `--sparse`.
    package var sparse = true
    /// Whether a stock target keeps incomplete files for the next pass, of `--partial`.
    package var partial = false
    /// The length of the blocks that are compared, in bytes, of `--block-size`; nil for rsync's rule.
    package var blockSize: Int?
    /// How to compress, of `--compress CHOICE`.
    package var compress: String?
    /// The maximum rate, of `--bwlimit RATE`.
    package var bandwidthLimit: String?
    /// The longest file that is sent, a quantity of `--max-file-size`.
    package var largestFile = FileSizeLimit.usual
    /// What the check before the first byte refuses, of `--check`.
    package var check = CheckPolicy.fit
    /// What to do when there is not enough space for the usual method, of `--when-tight`.
    package var whenTight = TightPolicy.refuse
    /// How long to wait for a volume that someone else writes to, of `--wait SECONDS`.
    package var wait = Duration.zero
    /// Whether the times of directories are left as they are at the target, of `--omit-dir-times`.
    package var omitDirectoryTimes = false
    /// How often a volume is tried when its failure may pass, of `--attempts`.
    package var attempts = 20
    /// How long after its first failure it is tried again, of `--retry-for SECONDS`.
    package var retryFor = Duration.seconds(3600)
    /// The exceptions with which a volume still counts as transferred, of `--accept`.
    package var accept: Set<AcceptedException> = []

    /// The usual settings.
    package init() {}
}

/// A kind of exception that a job may accept: the exit code is then 0.
package enum AcceptedException: String, Sendable, CaseIterable {
    /// Files that vanished before they could be read.
    case vanished
    /// Attributes that could not be set, of entries whose content is in place.
    case attributes
    /// Attributes of the top directory that could not be set; accepted unless the target owns it.
    case topDirectoryAttributes = "top-directory-attributes"
    /// Files that are longer than `--max-file-size`.
    case largeFiles = "large-files"
    /// Files that were written to while they were read.
    case changed
}
