import Glibc

// Invariant: each call fills a local variable, which is read only after the call succeeded.

/// What fstat(2) and stat(2) tell of a file that a program opened or names.
///
/// A value of its own: a signature of this package cannot name `stat`, which more than one C module declares.
package struct DescriptorStatus: Hashable, Sendable {
    /// The type, such as `S_IFREG`.
    package let type: UInt32
    /// The permission bits with set-user-ID, set-group-ID and sticky: 0 to 0o7777.
    package let permissions: UInt32
    /// The number of its owner.
    package let owner: UInt32
    /// The number of names it has.
    package let linkCount: Int
    /// The size in bytes.
    package let size: Int
    /// When it was last changed in any way, in nanoseconds since 1970.
    package let changeTime: Int64
    private let device: UInt64
    private let inode: UInt64

    private init(_ status: stat) {
        type = status.st_mode & S_IFMT
        permissions = status.st_mode & 0o7777
        owner = status.st_uid
        linkCount = Int(status.st_nlink)
        size = Int(status.st_size)
        changeTime = Int64(status.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_ctim.tv_nsec)
        (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
    }

    /// Whether both are of the same file.
    package func isSameFile(as other: DescriptorStatus) -> Bool { device == other.device && inode == other.inode }

    /// Asks for the status of an open descriptor; fstat(2).
    ///
    /// - Throws: ``SystemError`` of `fstat`.
    package init(of descriptor: Int32) throws(SystemError) {
        var status = stat()
        try systemCall("fstat") { unsafe fstat(descriptor, &status) }
        self.init(status)
    }

    /// Asks for the status of a path, following symbolic links; stat(2).
    ///
    /// - Throws: ``SystemError`` of `stat`.
    package init(ofPath path: String) throws(SystemError) {
        var status = stat()
        try systemCall("stat") { unsafe stat(path, &status) }
        self.init(status)
    }

    /// Asks for the status of a name, that of a symbolic link itself; lstat(2).
    ///
    /// - Throws: ``SystemError`` of `lstat`.
    package init(ofName path: String) throws(SystemError) {
        var status = stat()
        try systemCall("lstat") { unsafe lstat(path, &status) }
        self.init(status)
    }
}

extension DescriptorStatus {
    /// Whether two descriptors are of one file or connection.
    package static func isOne(_ first: Int32, and second: Int32) -> Bool {
        guard let first = try? DescriptorStatus(of: first), let second = try? DescriptorStatus(of: second) else {
            return false
        }
        return first.isSameFile(as: second)
    }
}

/// Whether a descriptor is open and a socket.
package func isSocket(_ descriptor: Int32) -> Bool { (try? DescriptorStatus(of: descriptor))?.type == S_IFSOCK }

/// Whether a descriptor is open and a socket of the Internet protocols.
package func isInternetSocket(_ descriptor: Int32) -> Bool {
    var domain: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 else { return false }
    return domain == AF_INET || domain == AF_INET6
}
