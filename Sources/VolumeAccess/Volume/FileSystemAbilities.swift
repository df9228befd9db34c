/// Which features of a volume's entries a file system can store, for the user that this process runs as.
///
/// Nil: could not be determined.
package struct FileSystemAbilities: Hashable, Sendable {
    /// The largest file size, in bytes.
    package var largestFile: Int64?
    /// The largest number of hard links to a file.
    package var linkLimit: Int64?
    /// The resolution of modification times, in nanoseconds.
    package var timeGrain: Int64?
    /// The earliest modification time, in seconds since 1970.
    package var earliestTime: Int64?
    /// The latest modification time, in seconds since 1970.
    package var latestTime: Int64?
    /// Whether names that differ only in case refer to the same file.
    package var foldsCase: Bool?
    /// Whether holes take no space.
    package var keepsHoles: Bool?
    /// Whether all twelve permission bits are kept.
    package var keepsPermissions: Bool?
    /// The owner of what this process makes there, if it is not the process's user: that of a server that takes nobody
    /// at their word, such as NFS with `root_squash`.
    package var squashedOwner: Int64?
    /// Whether files' owners can be changed.
    package var changesOwner: Bool?
    /// Whether files can have user extended attributes (`user.`).
    package var userAttributes: Bool?
    /// Whether files can have POSIX access control lists.
    package var accessLists: Bool?
    /// Whether files can have hard links.
    package var hardLinks: Bool?
    /// Whether symbolic links can be created.
    package var symbolicLinks: Bool?
    /// Whether named pipes can be created.
    package var pipes: Bool?
    /// Whether device nodes can be created.
    package var devices: Bool?

    /// Nothing is determined.
    package init() {}
}
