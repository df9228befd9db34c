import RsyncWire
import VolumeAccess

/// An entry of a file list with all that is known about its name at the destination: what a decision is made from.
struct Candidate {
    /// The entry as listed.
    let entry: FileEntry
    /// Its index on the wire.
    let index: Int32
    /// The list in work; with incremental recursion a directory's own entry is in its parent's list.
    let list: FileList
    /// Its whole name in the transfer; `.` for the root.
    let name: ArraySlice<UInt8>
    /// The last component that it has at the destination.
    let leaf: ArraySlice<UInt8>
    /// The directory it belongs in; nil where a dry run would have made that.
    let directory: VolumeDirectory?
    /// What is at its name; nil when nothing is.
    let current: FileStatus?
    /// How the content at its name compares, where ``DecisionRules/readsContent(of:)`` asks for it.
    var content = Content.unread
    /// Its place among the names of one file (`-H`).
    var link = LinkRole.alone
    /// How many names of its group, in this list, stand for ``current``; counted where ``DecisionRules/countsNames(of:)``
    /// asks for it.
    var sharedNames = 0
    /// 0 for the first try, 1 after a failed verification.
    var attempt = 0

    /// What reading the content showed: the sum of a file (`-c`), or the target of a symbolic link.
    enum Content: Sendable {
        /// It was not read.
        case unread
        /// It is as listed.
        case same
        /// It is not as listed.
        case differs
    }

    /// Whether it is the root of the transfer.
    var isRoot: Bool { name.count == 1 && name.first == UInt8(ascii: ".") }

    /// The name to report for a hard link that is made; empty for one that was there, and for all else.
    var reportedLink: [UInt8] {
        if case .follows(let first, false) = link { first } else { [] }
    }
}

/// The place of an entry among the names of one hard-linked file.
enum LinkRole: Hashable, Sendable {
    /// It has no other names in the transfer.
    case alone
    /// It is brought into place like any file, and the other names are linked to it.
    case leads
    /// Another name is being brought into place.
    case waits
    /// The file is in place under this name.
    case isInPlace
    /// The file is in place under the name `first`; `isSame` says that this name stands for it as well.
    case follows(first: [UInt8], isSame: Bool)
}
