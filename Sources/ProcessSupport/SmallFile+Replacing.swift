import Glibc
package import LinuxSystem

extension SmallFile {
    /// Replaces a file, or makes it: whoever reads it finds the old contents or the new ones, also after a crash.
    ///
    /// The new contents are first in `.NAME.new` beside it, which only one process may write at a time.
    ///
    /// - Parameters:
    ///   - path: The file; a symbolic link is replaced, not followed.
    ///   - contents: The new contents.
    ///   - permissions: Those of the new file, less the umask.
    /// - Throws: `SystemError` of the first call that failed; the old contents are still there then.
    package static func replace(
        _ path: String,
        with contents: [UInt8],
        permissions: UInt32 = 0o644
    ) throws(SystemError) {
        let directory = FilePath.directory(of: path)
        let name = String(decoding: PathParts(Array(path.utf8)).leaf, as: UTF8.self)
        let temporary = "\(directory)/.\(name).new"
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let file = Descriptor(
            owning: try systemCall("open") { openFile(temporary, flags, mode: permissions) }
        )
        let number = file.rawValue
        var rest = contents[...]
        while !rest.isEmpty {
            let count = try systemCall("write") { writeBytes(number, rest.span) }
            rest = rest.dropFirst(count)
        }
        try systemCall("fsync") { fsync(number) }
        try systemCall("rename") { renameFile(temporary, path) }
        let parent = Descriptor(
            owning: try systemCall("open") { openFile(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        )
        let place = parent.rawValue
        try systemCall("fsync") { fsync(place) }
    }
}
