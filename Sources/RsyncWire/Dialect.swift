/// The meaning of a version of rsync's protocol: the only place that compares version numbers.
///
/// Each property names a rule of the protocol and the version that introduced it (protocol specification, session 1.2).
package struct Dialect: Sendable, Equatable {
    /// The supported versions.
    package static let supported: ClosedRange<Int32> = 27...32

    /// The newest supported version.
    package static let newest = Dialect(supported.upperBound)

    /// The version's number on the wire.
    package let version: Int32

    /// The dialect of a version, which need not be ``supported``.
    package init(_ version: Int32) { self.version = version }

    /// Whether it is one of ``supported``.
    var isSupported: Bool { Self.supported.contains(version) }

    /// Whether it is older than those that are ``supported``.
    package var isTooOld: Bool { version < Self.supported.lowerBound }

    /// Whether it is newer than those that are ``supported``.
    package var isTooNew: Bool { version > Self.supported.upperBound }

    /// Whether a peer can have sent it as its version: anything else comes from another program (protocol specification,
    /// session 4.1).
    var isPlausible: Bool { (20...40).contains(version) }

    /// The dialect that both ends use: the older one, and one version less when the peer's is a pre-release of it
    /// (protocol specification, session 3.2 and 4.1).
    ///
    /// - Parameters:
    ///   - version: The peer's version.
    ///   - sub: Its subprotocol; not 0 for a pre-release.
    /// - Returns: The dialect.
    func agreed(with version: Int32, sub: Int32 = 0) -> Dialect {
        guard self.version >= version else { return self }
        return Dialect(sub == 0 ? version : version - 1)
    }

    // MARK: 28

    /// Whether an entry's flags may take a second byte (protocol specification, transfer 3.2).
    var hasLongEntryFlags: Bool { version >= 28 }

    /// Whether hard links are told by device and inode of every regular file, whether it has other names or not (protocol
    /// specification, transfer 6).
    package var listsEveryInode: Bool { version < 28 }

    /// Whether a device's major and minor numbers are separate (protocol specification, transfer 3.6).
    var splitsDeviceNumbers: Bool { version >= 28 }

    /// Whether only regular files carry the checksum of `-c` (protocol specification, transfer 3.3, field 17).
    var sumsOnlyRegularFiles: Bool { version >= 28 }

    // MARK: 29

    /// Whether flags follow an item's index, and entries without content have items (protocol specification, transfer
    /// 10).
    package var hasItemFlags: Bool { version >= 29 }

    /// Whether filter rules have types and modifiers (protocol specification, session 8.2).
    package var hasTypedFilters: Bool { version >= 29 }

    /// Whether a receiving server gets the filter list with `--delete-excluded` (protocol specification, session 8.1).
    var sendsFiltersToDeleteExcluded: Bool { version >= 29 }

    /// Whether a file list is sorted by the plain bytes of the names (protocol specification, transfer 3.9).
    package var sortsByBytes: Bool { version < 29 }

    /// The phases that a sender answers after the lists: redo and, from protocol 29 on, late renames (protocol
    /// specification, session 7.1 and 7.2).
    package var phaseCount: Int32 { version >= 29 ? 2 : 1 }

    /// Whether a server's statistics contain the times of the file list (protocol specification, session 7.4).
    package var hasListTimes: Bool { version >= 29 }

    /// Whether a server tells deletions in messages of their own (protocol specification, session 6.3).
    package var hasDeletionMessage: Bool { version >= 29 }

    // MARK: 30

    /// Whether counts and sizes are variable-length integers (protocol specification, session 5.2, 5.3).
    var hasVariableIntegers: Bool { version >= 30 }

    /// Whether a server starts with compat flags, which decide about incremental recursion and negotiation, and the
    /// client's arguments end with what it can (protocol specification, session 2.3 and 4.2).
    package var hasCompatibilityFlags: Bool { version >= 30 }

    /// Whether the client's stream consists of frames like the server's (protocol specification, session 6.1).
    package var framesClientStream: Bool { version >= 30 }

    /// Whether there are messages for errors and warnings that do not make a transfer partial, for I/O errors and for
    /// files that are not sent (protocol specification, session 6.3).
    package var hasErrorMessages: Bool { version >= 30 }

    /// Whether `--append` leaves what is there unread (protocol specification, transfer 11.7).
    package var trustsAppended: Bool { version >= 30 }

    /// Whether arguments for a daemon end with NUL, not with a newline (protocol specification, session 3.6).
    var endsArgumentsWithNUL: Bool { version >= 30 }

    /// Whether MD5 replaces MD4 where nothing is negotiated (protocol specification, session 3.5 and 4.3).
    var defaultsToMD5: Bool { version >= 30 }

    /// Whether hard links are told by the number of their group (protocol specification, transfer 6).
    package var numbersLinkGroups: Bool { version >= 30 }

    /// Whether entries can contain names of users and groups (protocol specification, transfer 5.1).
    var hasInlineNames: Bool { version >= 30 }

    /// Whether filter rules can be void in directories that are being deleted (protocol specification, session 8.2).
    package var hasPerishableFilters: Bool { version >= 30 }

    /// Whether directories are marked whose contents are not in the transfer (protocol specification, transfer 3.5).
    var marksContents: Bool { version >= 30 }

    /// Whether modification times are signed numbers of up to 64 bits (protocol specification, transfer 3.3, field 7).
    var hasLongTimes: Bool { version >= 30 }

    /// Whether error bits follow the list of names as a number (protocol specification, transfer 3.7).
    var endsListWithErrors: Bool { version < 30 }

    /// The longest block that a peer may request sums for, in bytes (protocol specification, transfer 10).
    ///
    /// Before protocol 30 the protocol allows 2^29; this is enough for any file below 2^48 bytes.
    var longestBlock: Int { version >= 30 ? 131_072 : 1 << 24 }

    /// Whether deletions happen before the transfer when no time is chosen (protocol specification, transfer 16.1).
    package var deletesFirst: Bool { version < 30 }

    /// Whether an item of an index after the last entry may be a keep-alive (protocol specification, transfer 10).
    package var hasIdleItems: Bool { version == 29 }

    /// Whether file indexes are sent as differences (protocol specification, session 5.5).
    var hasIndexDifferences: Bool { version >= 30 }

    /// Whether a daemon's greeting names a subprotocol (protocol specification, session 3.2).
    var greetingHasSubprotocol: Bool { version >= 30 }

    /// Whether the whole-file checksum includes the seed if it is an MD4 that neither end named (protocol specification,
    /// transfer 9.3).
    package var seedsWholeFileMD4: Bool { version < 30 }

    // MARK: 31

    /// Whether the names of `--files-from` are framed like everything else (protocol specification, session 6.1).
    var framesNames: Bool { version >= 31 }

    /// Whether the end of a file list may carry error bits without the compat flag (protocol specification, transfer
    /// 4.3).
    var hasSafeFileListEnd: Bool { version >= 31 }

    /// Whether entries of a file list carry nanoseconds (protocol specification, transfer 3.3).
    package var listsNanoseconds: Bool { version >= 31 }

    /// Whether a compat flag decides if long extended attributes of hard links are sent (protocol specification, transfer
    /// 8.2).
    var mayOmitValuesOfLinks: Bool { version >= 31 }

    /// Whether FIFOs and sockets carry empty device numbers (protocol specification, transfer 3.3, field 14).
    var numbersSpecials: Bool { version < 31 }

    /// Whether each piece of a large block enters zlib's history exactly once (protocol specification, transfer 13.3).
    var insertsWholeBlocks: Bool { version >= 31 }

    /// Whether the goodbye carries deletion statistics and is answered once more (protocol specification, session 7.4,
    /// 7.5).
    package var hasLongGoodbye: Bool { version >= 31 }

    /// Whether a side sends the exit code with which it stops (protocol specification, session 9.3).
    package var tellsExitCode: Bool { version >= 31 }

    /// Whether empty data frames may be sent at any time (protocol specification, session 6.2).
    package var takesEmptyFrames: Bool { version >= 31 }

    /// Whether a server may announce its timeout to the client (protocol specification, session 10.1).
    package var announcesTimeout: Bool { version >= 31 }

    // MARK: 32

    /// Whether a daemon's greeting must name the digests that it accepts (protocol specification, session 3.2).
    var greetingNeedsDigests: Bool { version >= 32 }
}
