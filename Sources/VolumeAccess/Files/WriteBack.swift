import CLinux
import Glibc
import LinuxSystem

/// How the content of one file gets from the page cache to the device.
///
/// After a power cut a file must not have its final size and modification time with zeros or old bytes in it: whoever
/// compares only these two would take it for complete. XFS raises the size on the device only when the blocks below it
/// are written, so that a file which grew by writing alone is at worst too short. Nothing of the kind holds for a length
/// that ftruncate(2) set, for bytes that were overwritten where they stand, on btrfs (whose inode gets the whole length
/// with the first of its extents) and other file systems for more than one extent, and on ext4: since Linux 5.6 it
/// raises the size when it begins to write (`dioread_nolock`), and a commit in between leaves zeros: 19 of 1600 files
/// were seen wrong in images taken beside a process that calls fsync(2), and none with a wait.
enum WriteBack {
    /// The longest content in bytes that is one extent, and so appears as a whole or not at all, on any file system: what
    /// btrfs compresses at a time.
    static let oneExtent: Int64 = 128 * 1024

    private static let ext4 = 0xEF53
    private static let xfs = 0x5846_5342
    private static let btrfs = 0x9123_683E

    /// The magic number of the file system that a file lies on; 0 when it cannot be told.
    static func magic(of file: Int32) -> Int {
        var figures = statfs()
        guard Kernel.fstatfs(file, &figures) == 0 else { return 0 }
        return Int(UInt32(truncatingIfNeeded: figures.f_type))
    }

    /// Whether a file that grows by writing alone never has a size on the device whose content is not there.
    static func keepsOrder(_ magic: Int) -> Bool { magic == xfs }

    /// Whether the device may have the size of a file before even one extent of its content.
    static func raisesSizeFirst(_ magic: Int) -> Bool { magic == ext4 }

    /// Whether the file system sets space apart behind the end of a file that grows.
    static func allocatesAhead(_ magic: Int) -> Bool { magic == xfs }

    /// Waits until the content of a file is on the device, without its metadata where that is possible.
    ///
    /// sync_file_range(2) waits for the pages and commits no journal. On btrfs a page is done before its extent is, and
    /// only fdatasync(2) waits for that; of a file without a name it writes no log.
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

    /// Starts to write a range back, without waiting; failures show when somebody waits.
    static func start(_ file: Int32, from offset: Int64, count: Int64) {
        _ = kernelCall { sync_file_range(file, off64_t(offset), off64_t(count), UInt32(SYNC_FILE_RANGE_WRITE)) }
    }
}
