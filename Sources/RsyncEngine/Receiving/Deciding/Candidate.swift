import RsyncWire
import VolumeAccess

/// An entry of a file list with all that is known about its name at the destination: the input of a decision.
struct Candidate {
    /// The entry as listed.
    let entry: FileEntry
    /// Its index on the wire.
    let index: Int32
    /// The list being processed; with incremental recursion a directory's own entry is in its parent's list.
    let list: FileList
    /// Its full name in the transfer; `.` for the root.
    let name: ArraySlice<UInt8>
    /// The last component that it has at the destination.
    let leaf: ArraySlice<UInt8>
    /// Its parent directory; nil when a dry run would have created it.
    let directory: VolumeDirectory?
    /// The status of what is at its name, nil when nothing is; a device that is written into counts as a file.
    var current: FileStatus?
    /// Whether ``current`` is that of such a device.
    var isDevice = false
    /// Other files that may serve in its place or as a basis, in the order of their search.
    var bases: [BasisCandidate] = []
    /// Whether this run has created it, so that what is there does not count.
    var isCreated = false
    /// How the content at its name compares, if ``DecisionRules/readsContent(of:)`` requires it.
    var content = Content.unread
    /// Its ACLs and extended attributes; nil in sessions without `-A` and `-X`.
    var metadata: CandidateMetadata?
    /// The permissions that the default ACL of its parent directory allows; nil for none, and where permissions are
    /// preserved.
    var inheritedPermissions: UInt32?
    /// The listed attributes of a directory whose entry is in another list.
    var listedElsewhere: EntryAttributes?
    /// Its role among the names of one file (`-H`).
    var link = LinkRole.alone
    /// Whether the first name of its file comes after it: rsync then treats a non-file here as missing.
    var isPassedOver = false
    /// The number of names of its group, in lists in work, that refer to ``current``; counted if
    /// ``DecisionRules/countsNames(of:)`` requires it.
    var sharedNames = 0
    /// 0 for the first attempt, 1 after a failed verification.
    var attempt = 0
    /// Whether what its content was to be compared with, or copied from, cannot be read: it is transferred like a new file.
    var isUnreadable = false

    /// The result of reading the content: a file's checksum (`-c`), or a symbolic link's target.
    enum Content: Sendable {
        /// It was not read.
        case unread
        /// It matches the list.
        case same
        /// It differs from the list.
        case differs
    }

    /// The attributes that only some sessions carry, as listed.
    var listed: EntryAttributes { listedElsewhere ?? list.attributes(of: entry) }

    /// Whether it is the root of the transfer.
    var isRoot: Bool { name.count == 1 && name.first == UInt8(ascii: ".") }

    /// The name to report for a new hard link; empty for an existing one, and for everything else.
    var reportedLink: [UInt8] {
        if case .follows(let first, false) = link { first } else { [] }
    }
}

/// The role of an entry among the names of one hard-linked file.
enum LinkRole: Hashable, Sendable {
    /// It has no other names in the transfer, or none of them is created.
    case alone
    /// It is transferred like any file, and the other names are linked to it.
    case leads
    /// Another name is being transferred.
    case waits
    /// The file is in place under the name `first`; `isSame`: whether this name already refers to it too.
    case follows(first: [UInt8], isSame: Bool)
}
