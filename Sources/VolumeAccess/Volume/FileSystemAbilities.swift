/// Which features of a volume's entries a file system can store, for the user that this process runs as.
///
/// Nil: could not be determined.
public struct FileSystemAbilities: Hashable, Sendable {
    /// The largest file size, in bytes.
    public var largestFile: Int64?
    /// The largest number of hard links to a file.
    public var linkLimit: Int64?
    /// The resolution of modification times, in nanoseconds.
    public var timeGrain: Int64?
    /// The earliest modification time, in seconds since 1970.
    public var earliestTime: Int64?
    /// The latest modification time, in seconds since 1970.
    public var latestTime: Int64?
    /// Whether names that differ only in case refer to the same file.
    public var foldsCase: Bool?
    /// Whether holes take no space.
    public var keepsHoles: Bool?
    /// Whether all twelve permission bits are kept.
    public var keepsPermissions: Bool?
    /// Whether files' owners can be changed.
    public var changesOwner: Bool?
    /// Whether files can have user extended attributes (`user.`).
    public var userAttributes: Bool?
    /// Whether files can have POSIX access control lists.
    public var accessLists: Bool?
    /// Whether files can have hard links.
    public var hardLinks: Bool?
    /// Whether symbolic links can be created.
    public var symbolicLinks: Bool?
    /// Whether named pipes can be created.
    public var pipes: Bool?
    /// Whether device nodes can be created.
    public var devices: Bool?

    /// Nothing is determined.
    public init() {}
}
