import CLinux
import Glibc
package import LinuxSystem

/// The file with a daemon's process number.
package struct ProcessIDFile: ~Copyable {
    private let path: [UInt8]
    /// Holds the lock, if there is one.
    private let descriptor: Descriptor

    /// Makes the file, or takes over an old one.
    ///
    /// A symbolic link is not followed, and a regular file that has other names is not written: in a directory that others can
    /// write to, both lead wherever their creator chose.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - isLocked: Whether the file is locked as long as this value lives, so that a second daemon with it does not start.
    /// - Throws: `SystemError` of open(2) (ELOOP for a symbolic link, EMLINK for other names), fcntl(2) (EAGAIN while
    ///   another process has the lock), ftruncate(2) or write(2).
    package init(_ path: [UInt8], isLocked: Bool) throws(SystemError) {
        var file = try Self.open(path, isLocked: isLocked)
        // A daemon that ends may remove the file between the opening and the lock: its name then stands for nothing.
        while try DescriptorStatus(of: file.rawValue).linkCount == 0 { file = try Self.open(path, isLocked: isLocked) }
        let isRegular = try DescriptorStatus(of: file.rawValue).type == S_IFREG
        let number = file.rawValue
        if isRegular { try systemCall("ftruncate") { ftruncate(number, 0) } }
        let line = Array("\(getpid())\n".utf8)
        try systemCall("write") { writeBytes(number, line.span) }
        self.path = path
        descriptor = file
    }

    private static func open(_ path: [UInt8], isLocked: Bool) throws(SystemError) -> Descriptor {
        let flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let number = try systemCall("open") { openFile(path, flags, mode: 0o644) }
        let file = Descriptor(owning: number)
        let status = try DescriptorStatus(of: number)
        guard status.type != S_IFREG || status.linkCount <= 1 else {
            throw SystemError(operation: "open", number: EMLINK)
        }
        // The bytes that rsync's daemon locks, so that each of them respects the other's file.
        if isLocked { try systemCall("fcntl") { lockRange(of: number, at: 0, count: 4) } }
        return file
    }

    /// Removes the file; it is emptied where its path leads nowhere, because the process has another root directory by now.
    package func remove() {
        let number = descriptor.rawValue
        if removeName(path) != 0, errno == ENOENT { _ = ftruncate(number, 0) }
    }
}
