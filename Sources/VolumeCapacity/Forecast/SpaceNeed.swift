/// What a tree takes on a target, in bytes, by purpose.
package struct SpaceNeed: Hashable, Sendable {
    /// The content of files, in whole blocks.
    package internal(set) var fileData: Amount = 0
    /// What finds the content: extent trees, checksums, entries of the allocation trees.
    package internal(set) var fileMetadata: Amount = 0
    /// Directories.
    package internal(set) var directories: Amount = 0
    /// Targets of symbolic links that do not fit into an inode.
    package internal(set) var symbolicLinks: Amount = 0
    /// Extended attributes and ACLs that do not fit into an inode.
    package internal(set) var attributes: Amount = 0
    /// Inodes, where they take space only when they are made (XFS, btrfs).
    package internal(set) var inodeSpace: Amount = 0
    /// How many inodes there are.
    package internal(set) var inodes: Amount = 0
    /// The most that one file takes: a changed file exists twice until it is complete.
    package internal(set) var largestTemporary: Amount = 0

    /// What the tree takes once it is there, which is also the most that a first pass takes: no file exists twice.
    package var bytes: Amount {
        fileData + fileMetadata + directories + symbolicLinks + attributes + inodeSpace
    }

    /// The most that a later pass takes, when the largest file is the one that changed.
    package var bytesWhileUpdating: Amount { bytes + largestTemporary }

    mutating func merge(_ other: SpaceNeed) {
        fileData += other.fileData
        fileMetadata += other.fileMetadata
        directories += other.directories
        symbolicLinks += other.symbolicLinks
        attributes += other.attributes
        inodeSpace += other.inodeSpace
        inodes += other.inodes
        largestTemporary = max(largestTemporary, other.largestTemporary)
    }
}
