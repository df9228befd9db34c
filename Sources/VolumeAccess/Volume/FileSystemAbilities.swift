/// What a file system can keep of what a volume holds, for the user that this process runs as.
///
/// What could not be found out is nil.
public struct FileSystemAbilities: Hashable, Sendable {
    /// The length of the longest file, in bytes.
    public var largestFile: Int64?
    /// The most names that a file can have.
    public var linkLimit: Int64?
    /// The step of modification times, in nanoseconds.
    public var timeGrain: Int64?
    /// The earliest modification time, in seconds since 1970.
    public var earliestTime: Int64?
    /// The latest modification time, in seconds since 1970.
    public var latestTime: Int64?
    /// Whether names that differ only by case stand for one file.
    public var foldsCase: Bool?
    /// Whether holes take no space.
    public var keepsHoles: Bool?
    /// Whether permissions are kept, all twelve bits.
    public var keepsPermissions: Bool?
    /// Whether files can be given to another user.
    public var changesOwner: Bool?
    /// Whether files can have extended attributes of users (`user.`).
    public var userAttributes: Bool?
    /// Whether files can have POSIX access control lists.
    public var accessLists: Bool?
    /// Whether a file can have a second name.
    public var hardLinks: Bool?
    /// Whether symbolic links can be made.
    public var symbolicLinks: Bool?
    /// Whether named pipes can be made.
    public var pipes: Bool?
    /// Whether device nodes can be made.
    public var devices: Bool?

    /// Knows nothing.
    public init() {}
}
