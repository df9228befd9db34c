/// What a file system can keep of what a volume holds, for the user that this process runs as.
///
/// What could not be found out is nil.
package struct FileSystemAbilities: Hashable, Sendable {
    /// The length of the longest file, in bytes.
    package var largestFile: Int64?
    /// The most names that a file can have.
    package var linkLimit: Int64?
    /// The step of modification times, in nanoseconds.
    package var timeGrain: Int64?
    /// The earliest modification time, in seconds since 1970.
    package var earliestTime: Int64?
    /// The latest modification time, in seconds since 1970.
    package var latestTime: Int64?
    /// Whether names that differ only by case stand for one file.
    package var foldsCase: Bool?
    /// Whether holes take no space.
    package var keepsHoles: Bool?
    /// Whether permissions are kept, all twelve bits.
    package var keepsPermissions: Bool?
    /// Whether files can be given to another user.
    package var changesOwner: Bool?
    /// Whether files can have extended attributes of users (`user.`).
    package var userAttributes: Bool?
    /// Whether files can have POSIX access control lists.
    package var accessLists: Bool?
    /// Whether a file can have a second name.
    package var hardLinks: Bool?
    /// Whether symbolic links can be made.
    package var symbolicLinks: Bool?
    /// Whether named pipes can be made.
    package var pipes: Bool?
    /// Whether device nodes can be made.
    package var devices: Bool?

    /// Knows nothing.
    package init() {}
}
