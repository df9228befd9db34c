/// Keeps open the few directories that a thread is working in.
///
/// A receiver stays in a directory for many files and returns to its parents: eight are enough to open almost every
/// directory only once. Used by one thread at a time; each thread has its own.
package final class DirectoryCache {
    private let volume: Volume
    private let capacity: Int
    private let following: LinkFollowing
    /// The most recently used one is last.
    private var directories: [VolumeDirectory] = []

    /// Creates an empty cache.
    ///
    /// - Parameters:
    ///   - volume: The volume of the directories.
    ///   - capacity: The number of directories that stay open, at least 1.
    ///   - following: What links in their paths may lead to.
    package init(volume: Volume, capacity: Int = 8, following: LinkFollowing = .never) {
        precondition(capacity > 0)
        self.following = following
        self.volume = volume
        self.capacity = capacity
    }

    /// The directory with a path; see ``Volume/directory(_:)``.
    package func directory(_ relativePath: Span<UInt8>) throws(VolumeError) -> VolumeDirectory {
        if let last = directories.last, isEqual(last.relativePath, relativePath) { return last }
        if let index = directories.lastIndex(where: { isEqual($0.relativePath, relativePath) }) {
            let directory = directories.remove(at: index)
            directories.append(directory)
            return directory
        }
        let directory = try volume.directory(relativePath, following: following)
        if directories.count == capacity { directories.removeFirst() }
        directories.append(directory)
        return directory
    }

    /// The directory with a path; nil if there is none.
    package func directoryIfPresent(_ relativePath: [UInt8]) throws(VolumeError) -> VolumeDirectory? {
        do throws(VolumeError) {
            return try directory(relativePath.span)
        } catch {
            guard error.isMissing else { throw error }
            return nil
        }
    }

    /// Drops a path and everything below it; called after the directory was removed, renamed or replaced.
    package func invalidate(_ relativePath: Span<UInt8>) {
        guard !relativePath.isEmpty else { return directories.removeAll() }
        directories.removeAll { directory in
            let path = directory.relativePath
            guard path.count >= relativePath.count else { return false }
            guard path.count == relativePath.count || path[relativePath.count] == UInt8(ascii: "/") else {
                return false
            }
            for index in relativePath.indices where path[index] != relativePath[index] { return false }
            return true
        }
    }

    private func isEqual(_ path: [UInt8], _ other: Span<UInt8>) -> Bool {
        guard path.count == other.count else { return false }
        for index in other.indices.reversed() where path[index] != other[index] { return false }
        return true
    }
}
