import CLinux
import Glibc
import LinuxSystem
import SecureTunnel

/// The file with the number of the process (`pid`).
struct ProcessFile {
    private let path: String

    /// Writes the file, over an old one if need be.
    ///
    /// A symbolic link is not followed, and a file that has other names is not written: in a directory that others can
    /// write to, both lead where its maker wants.
    ///
    /// - Throws: ``SecureTunnelError/badFile(path:reason:)``.
    init(_ path: String) throws(SecureTunnelError) {
        do throws(SystemError) {
            let flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
            let file = Descriptor(owning: try systemCall("open") { unsafe dvm_openat(AT_FDCWD, path, flags, 0o644) })
            let text = Array("\(getpid())\n".utf8)
            let number = file.rawValue
            var status = stat()
            try systemCall("fstat") { unsafe fstat(number, &status) }
            if status.st_mode & S_IFMT == S_IFREG {
                guard status.st_nlink == 1 else { throw SystemError(operation: "open", number: EMLINK) }
                try systemCall("ftruncate") { ftruncate(number, 0) }
            }
            try systemCall("write") { unsafe write(number, text, text.count) }
            try file.close()
        } catch {
            let reason =
                switch error.number {
                case ELOOP: "\"pid\" is a symbolic link, which is not followed: name the file itself"
                case EMLINK: "\"pid\" is a file with more than one name: remove it"
                default: error.reason
                }
            throw .badFile(path: path, reason: reason)
        }
        self.path = path
    }

    /// Removes the file.
    func remove() { unsafe unlink(path) }
}
