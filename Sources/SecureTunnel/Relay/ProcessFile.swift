import CLinux
import Glibc
import LinuxSystem

/// The file with the number of the process (`pid`).
struct ProcessFile {
    private let path: String

    /// Writes the file.
    ///
    /// - Throws: ``SecureTunnelError/badFile(path:reason:)``.
    init(_ path: String) throws(SecureTunnelError) {
        do throws(SystemError) {
            let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
            let file = Descriptor(owning: try systemCall("open") { unsafe dvm_openat(AT_FDCWD, path, flags, 0o644) })
            let text = Array("\(getpid())\n".utf8)
            let number = file.rawValue
            try systemCall("write") { unsafe write(number, text, text.count) }
            try file.close()
        } catch {
            throw .badFile(path: path, reason: error.reason)
        }
        self.path = path
    }

    /// Removes the file.
    func remove() { unsafe unlink(path) }
}
