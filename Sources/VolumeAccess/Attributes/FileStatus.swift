import CLinux
import Glibc
import LinuxSystem

/// What kind of entry a name stands for.
package enum FileKind: UInt8, Hashable, Sendable {
    /// The kind could not be told.
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

    /// The kind in the upper bits of `st_mode`; the same number is the `d_type` of getdents64(2).
    package init(mode: UInt32) { self = FileKind(rawValue: UInt8((mode >> 12) & 15)) ?? .unknown }
}

/// What statx(2) tells about an entry, the entry itself and never what a symbolic link points to.
package struct FileStatus: Hashable, Sendable {
    /// Kind and permissions, as `st_mode`.
    package let mode: UInt32
    /// Length in bytes; of a symbolic link, its target's.
    package let size: Int64
    /// When the content changed last.
    package let modified: Timestamp
    /// When the content was read last.
    package let accessed: Timestamp
    /// The owner.
    package let owner: UInt32
    /// The group.
    package let group: UInt32
    /// How many names it has.
    package let linkCount: UInt32
    /// The file system it lives on.
    package let device: UInt64
    /// Its number in that file system.
    package let inode: UInt64
    /// Of a device node, the major number.
    package let deviceMajor: UInt32
    /// Of a device node, the minor number.
    package let deviceMinor: UInt32
    /// Allocated space in units of 512 bytes.
    package let blocks: UInt64
    /// Whether another file system is mounted here.
    package let isMountRoot: Bool

    /// The kind of entry.
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
    /// Whether less space is allocated than the size needs: there are holes, or the file system compresses.
    package var isSparse: Bool { isRegular && allocated < size }

    init(_ status: statx) {
        mode = UInt32(status.stx_mode)
        size = Int64(clamping: status.stx_size)
        modified = Timestamp(seconds: status.stx_mtime.tv_sec, nanoseconds: Int32(status.stx_mtime.tv_nsec))
        accessed = Timestamp(seconds: status.stx_atime.tv_sec, nanoseconds: Int32(status.stx_atime.tv_nsec))
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

    /// Describes an entry that need not exist.
    package init(
        mode: UInt32,
        size: Int64 = 0,
        modified: Timestamp = Timestamp(seconds: 0),
        owner: UInt32 = 0,
        group: UInt32 = 0,
        linkCount: UInt32 = 1,
        device: UInt64 = 0,
        deviceMajor: UInt32 = 0,
        deviceMinor: UInt32 = 0
    ) {
        self.mode = mode
        self.size = size
        self.modified = modified
        accessed = modified
        self.owner = owner
        self.group = group
        self.linkCount = linkCount
        self.device = device
        inode = 0
        self.deviceMajor = deviceMajor
        self.deviceMinor = deviceMinor
        blocks = 0
        isMountRoot = false
    }

    /// Whether something is mounted on a path of the operator's; false where that cannot be told.
    package static func isMountRoot(_ path: String) -> Bool {
        var status = statx()
        let bytes = Array(path.utf8)
        let result = withTerminated(bytes.span) { path in
            kernelCall { Kernel.statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, UInt32(STATX_BASIC_STATS), &status) }
        }
        return result == 0 && FileStatus(status).isMountRoot
    }

    /// Asks for a leaf of a directory, without following it.
    ///
    /// - Returns: 0, or a negative `errno`; then `result` stays as it is.
    @inline(__always)
    static func read(_ directory: Int32, _ name: CPath, into result: inout FileStatus?) -> Int {
        var status = statx()
        let flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT
        let number = kernelCall { Kernel.statx(directory, name, flags, UInt32(STATX_BASIC_STATS), &status) }
        if number == 0 { result = FileStatus(status) }
        return number
    }

    /// Asks for an open descriptor; as ``read(_:_:into:)``.
    static func read(_ descriptor: Int32, into result: inout FileStatus?) -> Int {
        var status = statx()
        let number = kernelCall {
            Kernel.statx(descriptor, "", Int32(AT_EMPTY_PATH), UInt32(STATX_BASIC_STATS), &status)
        }
        if number == 0 { result = FileStatus(status) }
        return number
    }
}
