import CLinux
import Glibc
import LinuxSystem

/// Moves the content of one file from the page cache to the device.
///
/// After a power failure a file must not have its final size and modification time with zeros or old bytes in it: a
/// quick check would take it for complete. XFS updates the size on the device only when the blocks below it are
/// written, so a file that grew by writing alone is at worst too short. No such order holds for a length that
/// ftruncate(2) set, for bytes that were overwritten in place, on btrfs (whose inode gets its full length with the
/// first of its extents) and other file systems for more than one extent, and on ext4: since Linux 5.6 it updates the
/// size when it starts writing (`dioread_nolock`), and a commit in between leaves zeros: 19 of 1600 files were wrong in
/// images taken while another process called fsync(2), and none with a wait.
enum WriteBack {
    /// The longest content in bytes that is one extent on any file system, and so appears completely or not at all: the
    /// amount that btrfs compresses at a time.
    static let oneExtent: Int64 = 128 * 1024

    private static let ext4 = 0xEF53
    private static let xfs = 0x5846_5342
    private static let btrfs = 0x9123_683E

    /// The magic number of the file system that a file is on; 0 if it cannot be determined.
    static func magic(of file: Int32) -> Int {
        var figures = statfs()
        guard Kernel.fstatfs(file, &figures) == 0 else { return 0 }
        return Int(UInt32(truncatingIfNeeded: figures.f_type))
    }

    /// Whether the size on the device of a file that grows by writing alone never exceeds its content there.
    static func keepsOrder(_ magic: Int) -> Bool { magic == xfs }

    /// Whether the size of a file may be on the device before even one extent of its content.
    static func raisesSizeFirst(_ magic: Int) -> Bool { magic == ext4 }

    /// Whether the file system preallocates space after the end of a growing file.
    static func allocatesAhead(_ magic: Int) -> Bool { magic == xfs }

    /// Waits until the content of a file is on the device, without its metadata if possible.
    ///
    /// sync_file_range(2) waits for the pages and commits no journal. On btrfs a page is done before its extent is, and
    /// only fdatasync(2) waits for that; for an unnamed file it writes no log.
    ///
    /// - Returns: 0, or a negative `errno`: the content is lost.
    static func finish(_ file: Int32) -> Int {
        if magic(of: file) != btrfs {
            let flags = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER
            let result = kernelCall { sync_file_range(file, 0, 0, UInt32(flags)) }
            guard [-Int(ENOSYS), -Int(EINVAL), -Int(ESPIPE), -Int(EPERM)].contains(result) else { return result }
        }
        return kernelCall { fdatasync(file) }
    }

    /// Starts write-back of a range, without waiting; failures are reported by a later wait.
    static func start(_ file: Int32, from offset: Int64, count: Int64) {
        _ = kernelCall { sync_file_range(file, off64_t(offset), off64_t(count), UInt32(SYNC_FILE_RANGE_WRITE)) }
    }
}
