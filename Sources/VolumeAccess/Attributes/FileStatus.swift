import CLinux
import Glibc
import LinuxSystem

/// The type of a directory entry.
package enum FileKind: UInt8, Hashable, Sendable {
    /// The type could not be determined.
    case unknown = 0
    /// A named pipe.
    case fifo = 1
    /// A character device.
    case characterDevice = 2
    /// A directory.
    case directory = 4
    /// A block device.
    case blockDevice = 6
    /// A regular file.
    case regular = 8
    /// A symbolic link.
    case symbolicLink = 10
    /// A socket.
    case socket = 12

    /// The type in the upper bits of `st_mode`; `d_type` of getdents64(2) has the same values.
    package init(mode: UInt32) { self = FileKind(rawValue: UInt8((mode >> 12) & 15)) ?? .unknown }
}

/// The status of an entry as reported by statx(2): of the entry itself, never of a symbolic link's target.
package struct FileStatus: Hashable, Sendable {
    /// Type and permissions, as `st_mode`.
    package internal(set) var mode: UInt32
    /// Size in bytes; for a symbolic link, that of its target path.
    package let size: Int64
    /// The modification time.
    package let modified: Timestamp
    /// The access time.
    package let accessed: Timestamp
    /// The time of the last change of content or attributes, which the kernel sets (`st_ctime`).
    package let changed: Timestamp
    /// The owner's user ID.
    package internal(set) var owner: UInt32
    /// The group ID.
    package internal(set) var group: UInt32
    /// The number of hard links.
    package let linkCount: UInt32
    /// The device number of its file system.
    package let device: UInt64
    /// The inode number.
    package let inode: UInt64
    /// The major number of a device node.
    package internal(set) var deviceMajor: UInt32
    /// The minor number of a device node.
    package internal(set) var deviceMinor: UInt32
    /// Allocated space in units of 512 bytes.
    package let blocks: UInt64
    /// Whether another file system is mounted here.
    package let isMountRoot: Bool
    /// Whether the entry itself has permissions that `--fake-super` would have stored for it.
    package internal(set) var hasUnstoredPermissions = false

    /// The type of entry.
    package var kind: FileKind { FileKind(mode: mode) }
    /// The permission bits with setuid, setgid and sticky: `mode & 07777`.
    package var permissions: UInt32 { mode & 0o7777 }
    /// Allocated space in bytes.
    package var allocated: Int64 { Int64(clamping: blocks).multipliedClamped(by: 512) }
    /// Whether it is a directory.
    package var isDirectory: Bool { kind == .directory }
    /// Whether it is a regular file.
    package var isRegular: Bool { kind == .regular }
    /// Whether it is a symbolic link.
    package var isSymbolicLink: Bool { kind == .symbolicLink }
    /// Whether it is a character or block device.
    package var isDevice: Bool { kind == .characterDevice || kind == .blockDevice }
    /// Whether it is a named pipe or a socket.
    package var isSpecial: Bool { kind == .fifo || kind == .socket }
    /// Whether two names refer to one file.
    package func isSameFile(as other: FileStatus) -> Bool { inode == other.inode && device == other.device }
    /// Whether less space is allocated than the size requires: the file has holes, or the file system compresses.
    package var isSparse: Bool { isRegular && allocated < size }

    init(_ status: statx) {
        mode = UInt32(status.stx_mode)
        size = Int64(clamping: status.stx_size)
        modified = Timestamp(seconds: status.stx_mtime.tv_sec, nanoseconds: Int32(status.stx_mtime.tv_nsec))
        accessed = Timestamp(seconds: status.stx_atime.tv_sec, nanoseconds: Int32(status.stx_atime.tv_nsec))
        changed = Timestamp(seconds: status.stx_ctime.tv_sec, nanoseconds: Int32(status.stx_ctime.tv_nsec))
        owner = status.stx_uid
        group = status.stx_gid
        linkCount = status.stx_nlink
        device = UInt64(dvm_makedev(status.stx_dev_major, status.stx_dev_minor))
        inode = status.stx_ino
        deviceMajor = status.stx_rdev_major
        deviceMinor = status.stx_rdev_minor
        blocks = status.stx_blocks
        isMountRoot = status.stx_attributes & UInt64(STATX_ATTR_MOUNT_ROOT) != 0
    }

    /// Creates the status of an entry that need not exist.
    package init(
        mode: UInt32,
        size: Int64 = 0,
        modified: Timestamp = Timestamp(seconds: 0),
        accessed: Timestamp? = nil,
        owner: UInt32 = 0,
        group: UInt32 = 0,
        linkCount: UInt32 = 1,
        device: UInt64 = 0,
        inode: UInt64 = 0,
        deviceMajor: UInt32 = 0,
        deviceMinor: UInt32 = 0
    ) {
        self.mode = mode
        self.size = size
        self.modified = modified
        self.accessed = accessed ?? modified
        changed = modified
        self.owner = owner
        self.group = group
        self.linkCount = linkCount
        self.device = device
        self.inode = inode
        self.deviceMajor = deviceMajor
        self.deviceMinor = deviceMinor
        blocks = 0
        isMountRoot = false
    }

    /// Whether an operator's path is a mount point; false if that cannot be determined.
    package static func isMountRoot(_ path: String) -> Bool {
        var status = statx()
        let bytes = Array(path.utf8)
        let result = withTerminated(bytes.span) { path in
            kernelCall { Kernel.statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, UInt32(STATX_BASIC_STATS), &status) }
        }
        return result == 0 && FileStatus(status).isMountRoot
    }

    /// Reads the status of a leaf of a directory, without following it.
    ///
    /// - Returns: 0, or a negative `errno`, in which case `result` is unchanged.
    @inline(__always)
    static func read(_ directory: Int32, _ name: CPath, into result: inout FileStatus?) -> Int {
        var status = statx()
        let flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT
        let number = kernelCall { Kernel.statx(directory, name, flags, UInt32(STATX_BASIC_STATS), &status) }
        if number == 0 { result = FileStatus(status) }
        return number
    }

    /// Reads the status of an open descriptor; see ``read(_:_:into:)``.
    static func read(_ descriptor: Int32, into result: inout FileStatus?) -> Int {
        var status = statx()
        let number = kernelCall {
            Kernel.statx(descriptor, "", Int32(AT_EMPTY_PATH), UInt32(STATX_BASIC_STATS), &status)
        }
        if number == 0 { result = FileStatus(status) }
        return number
    }
}
