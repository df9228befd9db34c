import Glibc
package import LinuxSystem

/// New contents of a file, written piece by piece: whoever reads the file finds the old contents or the new ones, also
/// after a crash.
///
/// The new contents are first in `.NAME.new` beside it, which only one process may write at a time; they are removed when
/// the object is gone before they were put in place. Used by one thread.
package final class ReplacingFile {
    private let path: String
    private let directory: String
    private let temporary: String
    private let descriptor: Descriptor
    private var isInPlace = false

    /// Begins with empty contents.
    ///
    /// - Parameters:
    ///   - path: The file; a symbolic link is replaced, not followed.
    ///   - permissions: Those of the new file, less the umask.
    /// - Throws: `SystemError` of open(2).
    package init(_ path: String, permissions: UInt32 = 0o644) throws(SystemError) {
        let directory = FilePath.directory(of: path)
        let name = String(decoding: PathParts(Array(path.utf8)).leaf, as: UTF8.self)
        let temporary = "\(directory)/.\(name).new"
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        descriptor = Descriptor(owning: try systemCall("open") { openFile(temporary, flags, mode: permissions) })
        (self.path, self.directory, self.temporary) = (path, directory, temporary)
    }

    /// Appends to the new contents.
    ///
    /// - Throws: `SystemError` of write(2).
    package func write(_ bytes: Span<UInt8>) throws(SystemError) { try writeWhole(bytes, to: descriptor.rawValue) }

    /// Puts the new contents in the place of the old ones, on the disk.
    ///
    /// - Throws: `SystemError` of the first call that failed; the old contents are still there then.
    package func commit() throws(SystemError) {
        let number = descriptor.rawValue
        try systemCall("fsync") { fsync(number) }
        try systemCall("rename") { renameFile(temporary, path) }
        isInPlace = true
        let parent = Descriptor(
            owning: try systemCall("open") { openFile(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        )
        let place = parent.rawValue
        try systemCall("fsync") { fsync(place) }
    }

    deinit {
        if !isInPlace { _ = removeName(Array(temporary.utf8)) }
    }
}
