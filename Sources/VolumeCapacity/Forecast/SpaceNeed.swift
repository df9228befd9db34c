/// What a tree takes on a target, in bytes, by purpose.
public struct SpaceNeed: Hashable, Sendable {
    /// The content of files, in whole blocks.
    public internal(set) var fileData: Int64 = 0
    /// What finds the content: extent trees, checksums, entries of the allocation trees.
    public internal(set) var fileMetadata: Int64 = 0
    /// Directories.
    public internal(set) var directories: Int64 = 0
    /// Targets of symbolic links that do not fit into an inode.
    public internal(set) var symbolicLinks: Int64 = 0
    /// Extended attributes and ACLs that do not fit into an inode.
    public internal(set) var attributes: Int64 = 0
    /// Inodes, where they take space only when they are made (XFS, btrfs).
    public internal(set) var inodeSpace: Int64 = 0
    /// How many inodes there are.
    public internal(set) var inodes: Int64 = 0
    /// The most that one file takes: a changed file exists twice until it is complete.
    public internal(set) var largestTemporary: Int64 = 0

    /// What the tree takes once it is there, which is also the most that a first pass takes: no file exists twice.
    public var bytes: Int64 {
        min(fileData + fileMetadata + directories + symbolicLinks + attributes + inodeSpace, largestSum)
    }

    /// The most that a later pass takes, when the largest file is the one that changed.
    public var bytesWhileUpdating: Int64 { min(bytes + largestTemporary, largestSum) }

    mutating func merge(_ other: SpaceNeed) {
        fileData = min(fileData + other.fileData, largestSum)
        fileMetadata = min(fileMetadata + other.fileMetadata, largestSum)
        directories += other.directories
        symbolicLinks += other.symbolicLinks
        attributes += other.attributes
        inodeSpace += other.inodeSpace
        inodes += other.inodes
        largestTemporary = max(largestTemporary, other.largestTemporary)
    }
}
