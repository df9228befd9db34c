import Checksums
package import RsyncOptions

/// Everything that two ends must agree on to decode each other's file lists: the bytes are not self-describing
/// (protocol specification, transfer 3.1).
package struct FileListFormat: Sendable, Equatable {
    /// The session's dialect.
    package var dialect = Dialect.newest
    /// Whether an entry's flags are a varint instead of one or two bytes.
    package var usesVarintFlags = true
    /// Whether the end of a list may carry error bits in the byte form.
    package var hasSafeEnd = true
    /// Whether ID lists end with the name of ID 0.
    package var namesIDZero = true
    /// Whether there is one list per directory.
    package var isIncremental = true
    /// Whether entries carry their owner (`-o`).
    package var owner = false
    /// Whether entries carry their group (`-g`).
    package var group = false
    /// Whether symbolic links carry their target (`-l`).
    package var links = false
    /// Whether devices carry their numbers (`--devices`).
    package var devices = false
    /// Whether FIFOs and sockets carry empty device numbers before protocol 31 (`--specials`).
    package var specials = false
    /// Whether entries carry their hard link group (`-H`).
    package var hardLinks = false
    /// Whether IDs are sent without names (`--numeric-ids`).
    package var numericIDs = false
    /// Whether entries except directories carry their access time (`-U`).
    package var accessTimes = false
    /// Whether entries carry ACLs (`-A`).
    package var acls = false
    /// Whether entries carry extended attributes (`-X`).
    package var extended = false
    /// Whether directories are listed with their contents (`-r`), which no entry says before protocol 30.
    package var recursive = true
    /// Whether there may be entries of mode 0 for sources that do not exist (`--delete-missing-args`).
    package var listsMissing = false
    /// Whether names may begin with a slash (`--relative`).
    package var allowsAbsoluteNames = false
    /// Whether a list has the directories of all names (not with `--no-implied-dirs`).
    package var listsParents = true
    /// What becomes of received targets of symbolic links.
    package var targets = StoredTarget.verbatim
    /// Length in bytes of each regular file's whole-file checksum (`-c`); 0 for none.
    package var checksumLength = 0

    /// Creates the format of a session with incremental recursion, protocol 32 and no options.
    package init() {}

    /// Derives the format from what the two ends agreed on.
    ///
    /// - Parameters:
    ///   - options: The options of the transfer.
    ///   - session: The result of the handshake; its dialect is a supported one.
    package init(_ options: TransferOptions, _ session: SessionParameters) {
        dialect = session.dialect
        usesVarintFlags = session.flags.contains(.varintFileListFlags)
        hasSafeEnd = session.flags.contains(.safeFileList) || session.dialect.hasSafeFileListEnd
        namesIDZero = session.flags.contains(.idZeroNames)
        isIncremental = session.isIncremental
        owner = options.attributes.owner
        group = options.attributes.group
        links = options.attributes.links
        devices = options.attributes.devices
        specials = options.attributes.specials
        hardLinks = options.attributes.hardLinks
        numericIDs = options.attributes.numericIDs
        acls = options.attributes.acls
        extended = options.attributes.extended > 0
        accessTimes = options.attributes.accessTimes > 0
        recursive = options.selection.recursive
        listsMissing = options.deletion.deletesMissingSources
        allowsAbsoluteNames = options.selection.relative
        listsParents = !options.selection.relative || options.selection.impliedDirectories
        let links = options.selection.links
        targets = links.munges ? .munged : links.confinesTargets ? .confined : .verbatim
        checksumLength = options.comparison.checksum ? session.fileChecksum.digestLength : 0
    }

    /// Whether names of users and groups are sent within the entries (protocol specification, transfer 5.1).
    var hasInlineNames: Bool { isIncremental && !numericIDs && dialect.hasInlineNames }

    /// Whether ID lists follow the file list (protocol specification, transfer 5.2).
    var hasIDLists: Bool { !isIncremental && !numericIDs }

    /// Whether an entry carries device numbers (protocol specification, transfer 3.3, field 14).
    func hasDeviceNumbers(_ entry: FileEntry) -> Bool {
        devices && entry.isDevice || specials && entry.isSpecial && dialect.numbersSpecials
    }

    /// Whether an entry carries device and inode of its file (protocol specification, transfer 3.3, field 16).
    func hasInode(_ entry: FileEntry, _ bits: EntryBits) -> Bool {
        guard hardLinks, !dialect.numbersLinkGroups else { return false }
        return dialect.listsEveryInode ? entry.isRegular : bits.contains(.hardLinked)
    }

    /// Whether an entry carries a checksum (protocol specification, transfer 3.3, field 17).
    func hasChecksum(_ entry: FileEntry) -> Bool {
        checksumLength > 0 && (entry.isRegular || !dialect.sumsOnlyRegularFiles)
    }

    /// The major device number that was sent with an entry; nil if none was.
    func sentMajor(_ entry: FileEntry, of list: FileList) -> UInt32? {
        devices && entry.isDevice ? list.extra(of: entry).deviceMajor : nil
    }
}
