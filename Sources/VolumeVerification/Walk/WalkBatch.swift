import Checksums
import VolumeAccess

/// An entry on its way from the walk to the manifest.
struct WalkedEntry {
    /// Its name; empty for the root.
    var name: [UInt8]
    var status: FileStatus
    /// The directory that it is in, by its place in ``WalkBatch/directories``; nil for the root.
    var directory: Int?
    /// What a symbolic link leads to.
    var target: [UInt8] = []
    /// The path of the first name of the same file; empty for the first one.
    var firstPath: [UInt8] = []
    /// Extended attributes and ACLs, in ascending order of their names.
    var attributes: [EntryAttribute] = []
    /// The root of a regular file's content; nil as long as it was not read.
    var content: TreeDigest?
    var notes = EntryNotes()
    /// Whether it was gone when its content was to be read.
    var hasVanished = false
}

/// Some entries of the walk, in its order: what one thread hands to the next.
struct WalkBatch {
    /// What comes next in the order of the walk.
    enum Step {
        /// The next one of ``WalkBatch/entries``, not a directory.
        case entry
        /// The next one of ``WalkBatch/entries``, a directory, whose entries follow.
        case enter
        /// The end of the directory that was entered last, and whether it was changed meanwhile.
        case leave(isChanging: Bool)
    }

    /// How many entries one holds.
    static let capacity = 256
    /// How many directories it holds open.
    static let openDirectories = 16

    var steps: [Step] = []
    var entries: [WalkedEntry] = []
    var directories: [VolumeDirectory] = []
    /// What could not be read of entries that are flagged.
    var failures: [VolumeError] = []
    /// What could not be read and has no entry.
    var losses: [VolumeError] = []
    /// How many entries were gone before they were read.
    var vanished = 0

    var isFull: Bool {
        steps.count >= 2 * Self.capacity || entries.count >= Self.capacity || directories.count >= Self.openDirectories
    }
}
