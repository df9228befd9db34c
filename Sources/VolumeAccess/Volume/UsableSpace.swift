import CLinux
import Glibc
import LinuxSystem
import ProcessSupport

/// The space of a file system, for the user that this process runs as.
package struct UsableSpace: Hashable, Sendable {
    /// The type, such as `ext4`, as in `/proc/self/mountinfo`; otherwise its magic number in hex.
    package var type = ""
    /// The unit of allocation in bytes.
    package var blockSize: Int64 = 4096
    /// The size of all its data blocks, in bytes.
    package var totalBytes: Int64 = 0
    /// The allocated space, in bytes.
    package var usedBytes: Int64 = 0
    /// The space that this process can still allocate, in bytes: without blocks that are reserved for others, and
    /// within its quota.
    package var freeBytes: Int64 = 0
    /// The total number of inodes; nil if they are allocated dynamically.
    package var totalInodes: Int64?
    /// The number of inodes that this process can still use; nil if they are allocated dynamically.
    package var freeInodes: Int64?
    /// Whether it is mounted read-only.
    package var isReadOnly = false
    /// The longest name, in bytes (some file systems count characters, which may take several bytes).
    package var longestName: Int64 = 255
    /// The space that this user's quota leaves, in bytes; nil without a quota, or if it does not apply to the user.
    package var quotaBytes: Int64?
    /// The division of a btrfs file system's space; nil for others.
    ///
    /// The trees' free space is not part of ``freeBytes``.
    package var btrfs: BtrfsSpace?

    /// The inode size in bytes on XFS, which allocates inodes dynamically; nil for others.
    package var inodeSize: Int64?
    /// The directory block size of XFS in bytes; nil for others.
    package var directoryBlockSize: Int64?

    /// Creates a value without space; for tests and decoding.
    package init() {}
}

extension Volume {
    /// Measures the file system that the volume is on.
    ///
    /// - Returns: The current figures.
    /// - Throws: ``VolumeError`` of fstatvfs(3).
    package func usableSpace() throws(VolumeError) -> UsableSpace {
        let descriptor = root.descriptor.rawValue
        var figures = statvfs()
        let result = kernelCall { Kernel.fstatvfs(descriptor, &figures) }
        guard result == 0 else { throw .system(operation: "fstatvfs", path: [], number: Int32(-result)) }
        var space = UsableSpace()
        // Some user-space file systems report no unit.
        let unit = max(1, Int64(clamping: figures.f_frsize))
        func bytes(_ blocks: UInt) -> Int64 { Int64(clamping: blocks).multipliedClamped(by: unit) }
        space.blockSize = unit
        let mount = mount()
        space.type = mount.type
        space.totalBytes = bytes(figures.f_blocks)
        space.usedBytes = max(0, space.totalBytes - bytes(figures.f_bfree))
        space.freeBytes = bytes(figures.f_bavail)
        if space.type == "btrfs" { space.btrfs = BtrfsSpace(root.descriptor) }
        if space.type == "xfs" { space.addGeometry(descriptor) }
        let isPrivileged = Capabilities.includesResources
        // ext4 requires no capability of user 0, unless its blocks are reserved for another user.
        let isKeeper = Capabilities.isSuperuser && !mount.options.contains("resuid=")
        if isPrivileged || isKeeper, space.type.hasPrefix("ext") {
            // Blocks reserved for the superuser are free for it, except those that ext4 keeps for its own trees.
            let own = min(mount.ownBlocks(ofSize: unit), figures.f_bfree)
            space.freeBytes = max(space.freeBytes, bytes(figures.f_bfree - own))
        }
        if figures.f_files > 0 {
            space.totalInodes = Int64(clamping: figures.f_files)
            space.freeInodes = Int64(clamping: isPrivileged ? figures.f_ffree : figures.f_favail)
        }
        space.isReadOnly = figures.f_flag & UInt(ST_RDONLY) != 0
        space.longestName = Int64(clamping: figures.f_namemax)
        if !isPrivileged { applyQuota(to: &space) }
        return space
    }

    private func applyQuota(to space: inout UsableSpace) {
        var quota = dqblk()
        let descriptor = root.descriptor.rawValue
        guard Kernel.getUserQuota(descriptor, of: geteuid(), &quota) == 0 else { return }
        // Block limits are in KiB (1024 bytes), space in use in bytes.
        if quota.dqb_valid & dvm_QIF_BLIMITS != 0, quota.dqb_bhardlimit > 0 {
            let limit = Int64(clamping: quota.dqb_bhardlimit).multipliedClamped(by: 1024)
            let left = max(0, limit - Int64(clamping: quota.dqb_curspace))
            space.quotaBytes = left
            space.freeBytes = min(space.freeBytes, left)
        }
        if quota.dqb_valid & dvm_QIF_ILIMITS != 0, quota.dqb_ihardlimit > 0 {
            let left = max(0, Int64(clamping: quota.dqb_ihardlimit) - Int64(clamping: quota.dqb_curinodes))
            space.freeInodes = min(space.freeInodes ?? .max, left)
        }
    }

    /// The mount that the root is on.
    func mount() -> MountLine {
        let descriptor = root.descriptor.rawValue
        var status = statx()
        let asked = kernelCall { Kernel.statx(descriptor, "", Int32(AT_EMPTY_PATH), UInt32(STATX_MNT_ID), &status) }
        if asked == 0, status.stx_mask & UInt32(STATX_MNT_ID) != 0 {
            if let line = MountLine.all.first(where: { $0.number == status.stx_mnt_id }) { return line }
        }
        var figures = statfs()
        guard Kernel.fstatfs(descriptor, &figures) == 0 else { return MountLine(type: "") }
        return MountLine(type: "0x" + String(UInt32(truncatingIfNeeded: figures.f_type), radix: 16))
    }
}

/// A line of `/proc/self/mountinfo`, such as `36 35 98:0 /root /mount options tag:1 - ext4 /dev/vda rw`.
struct MountLine {
    /// All mounts visible to this process.
    static var all: [MountLine] { KernelFile.lines("/proc/self/mountinfo").compactMap { MountLine($0) } }

    /// The mount ID.
    var number: UInt64 = 0
    /// The device, `major:minor`.
    var device = ""
    /// The directory of the file system that is mounted, as a path from the file system's own root.
    var root: [UInt8] = []
    /// The mount point.
    var point: [UInt8] = []
    /// The file system type.
    var type: String
    /// The file system's own options, separated by commas.
    var options = ""

    init(type: String) { self.type = type }

    init?(_ line: String) {
        let fields = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard fields.count > 6, let number = UInt64(fields[0]), let dash = fields.dropFirst(6).firstIndex(of: "-"),
            dash + 3 < fields.count
        else { return nil }
        self.number = number
        device = fields[2]
        root = Self.unescaped(fields[3])
        point = Self.unescaped(fields[4])
        type = fields[dash + 1]
        options = fields[dash + 3]
    }

    /// Decodes a path whose spaces, newlines and backslashes are escaped as `\\040` and so on (proc(5)).
    private static func unescaped(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8) {
                result.append(code)
                rest = rest.dropFirst(3)
            } else {
                result.append(byte)
            }
        }
        return result
    }

    /// The blocks that ext4 keeps for its own trees: a fiftieth of the device, at most 4096.
    func ownBlocks(ofSize size: Int64) -> UInt {
        let sectors = KernelFile.lines("/sys/dev/block/\(device)/size").first.flatMap { Int64($0) }
        return sectors.map { UInt(clamping: min($0.multipliedClamped(by: 512) / size / 50, 4096)) } ?? 4096
    }
}

extension UsableSpace {
    /// Adds the geometry of XFS, which can be read without privilege.
    fileprivate mutating func addGeometry(_ descriptor: Int32) {
        var geometry = dvm_xfs_geometry()
        guard kernelCall({ Kernel.getGeometry(descriptor, &geometry) }) == 0 else { return }
        inodeSize = Int64(geometry.inodesize)
        directoryBlockSize = Int64(geometry.dirblocksize)
    }
}

/// The process's privileges beyond its user's rights.
enum Capabilities {
    /// Whether it may use space reserved for the superuser, and exceed its quota (CAP_SYS_RESOURCE in the initial user
    /// namespace).
    static var includesResources: Bool {
        let prefix = "CapEff:\t"
        guard let line = KernelFile.lines("/proc/self/status").first(where: { $0.hasPrefix(prefix) }),
            let bits = UInt64(line.dropFirst(prefix.count), radix: 16), bits & (1 << 24) != 0
        else { return false }
        return isInFirstNamespace
    }

    /// Whether it is user 0 in the initial user namespace.
    static var isSuperuser: Bool { geteuid() == 0 && isInFirstNamespace }

    private static var isInFirstNamespace: Bool {
        let map = KernelFile.lines("/proc/self/uid_map").first?.split(separator: " ") ?? []
        return map == ["0", "0", "4294967295"]
    }
}

/// Reads the kernel's small text files.
enum KernelFile {
    /// The lines of a file; none if it cannot be read.
    static func lines(_ path: String) -> [String] {
        guard let content = try? SmallFile(Array(path.utf8)).contents(limit: 4 << 20) else { return [] }
        return String(decoding: content, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
