import CLinux
import Glibc
import LinuxSystem
import ProcessSupport
import Synchronization

extension Volume {
    /// Determines by experiment what the file system can store.
    ///
    /// Most is tried on an unnamed file (`O_TMPFILE`). What needs names is tried in a hidden directory in the root,
    /// `.dvm-probe.` and six random characters, which is removed immediately with everything in it; only a crash in
    /// these few milliseconds can leave it behind, and the next transfer that deletes removes it. The root's times are
    /// restored. Where nothing can be created, nothing is determined.
    ///
    /// - Returns: The results.
    package func probe() -> FileSystemAbilities {
        var abilities = FileSystemAbilities()
        abilities.linkLimit = linkLimit()
        let descriptor = root.descriptor.rawValue
        var before: FileStatus?
        _ = FileStatus.read(descriptor, into: &before)
        defer {
            if let before {
                _ = kernelCall { Kernel.futimens(descriptor, [before.accessed.timespec, before.modified.timespec]) }
            }
        }
        if let scratch = ScratchDirectory(in: root) {
            scratch.tryOwner(&abilities)
            scratch.tryNames(&abilities)
            if let file = scratch.openFile() { file.tryContents(&abilities) }
        }
        if let grain = abilities.timeGrain { knownTimeGrain.store(grain, ordering: .relaxed) }
        return abilities
    }

    /// Whether entries of the root can be made and removed; nil if that cannot be determined.
    package var isWritable: Bool? {
        let result = kernelCall { Kernel.faccessat(root.descriptor.rawValue, ".", W_OK | X_OK, AT_EACCESS) }
        return result == 0 ? true : [EACCES, EPERM].contains(Int32(-result)) ? false : nil
    }

    /// What can be known of a directory that cannot be opened.
    ///
    /// - Parameter path: Symbolic links are followed.
    /// - Returns: Its status, and `nfs` or an empty text for the file system; nil if a directory above it is closed, too.
    package static func look(at path: String) -> (status: FileStatus, fileSystem: String)? {
        let number = openFile(path, O_PATH | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let directory = Descriptor(owning: number)
        var status: FileStatus?
        var figures = statfs()
        guard FileStatus.read(directory.rawValue, into: &status) == 0, let status,
            Kernel.fstatfs(directory.rawValue, &figures) == 0
        else { return nil }
        // NFS_SUPER_MAGIC.
        return (status, figures.f_type == 0x6969 ? "nfs" : "")
    }

    /// The limits of common file systems from the kernel's sources: no system call reports them correctly.
    private func linkLimit() -> Int64? {
        var figures = statfs()
        guard Kernel.fstatfs(root.descriptor.rawValue, &figures) == 0 else { return nil }
        switch UInt32(truncatingIfNeeded: figures.f_type) {
        case 0xEF53: return 65_000  // ext4; EXT4_LINK_MAX
        case 0x5846_5342: return 2_147_483_647  // XFS; XFS_MAXLINK
        case 0x9123_683E: return 65_535  // btrfs; BTRFS_LINK_MAX
        default: return nil
        }
    }
}

/// A directory that is removed with its contents when it is released.
final class ScratchDirectory {
    private let parent: VolumeDirectory
    private let name: [UInt8]
    private let directory: VolumeDirectory

    init?(in parent: VolumeDirectory) {
        let letters = Array("abcdefghijklmnopqrstuvwxyz".utf8)
        let name = Array(".dvm-probe.".utf8) + (0..<6).map { _ in letters[Int.random(in: letters.indices)] }
        do throws(VolumeError) {
            try parent.createDirectory(name.span, permissions: 0o700)
        } catch {
            return nil
        }
        do throws(VolumeError) {
            directory = try parent.openDirectory(name.span)
        } catch {
            try? parent.removeDirectory(name.span)
            return nil
        }
        self.parent = parent
        self.name = name
    }

    deinit {
        // All entries created here have known names; a directory that cannot be removed now is removed by the next
        // transfer.
        let name = name
        _ = try? parent.removeTree(name.span) { _, _ in
            true
        } keeping: { _, _ in
            false
        }
    }

    /// A file to try contents and metadata on; unnamed if the file system supports that.
    func openFile() -> ProbeFile? {
        if let file = ProbeFile(withoutNameIn: directory) { return file }
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let number = kernelCall { Kernel.openat(directory.descriptor.rawValue, "file", flags, 0o600) }
        return number < 0 ? nil : ProbeFile(Descriptor(owning: Int32(number)))
    }

    /// Looks whose the directory is.
    func tryOwner(_ abilities: inout FileSystemAbilities) {
        guard let status = try? directory.status(), status.owner != geteuid() else { return }
        abilities.squashedOwner = Int64(status.owner)
    }

    /// Creates entries of all types.
    func tryNames(_ abilities: inout FileSystemAbilities) {
        abilities.pipes = made("pipe") { Kernel.mknodat($0, $1, 0o010600, 0) }
        // The numbers of /dev/null; 0:0 would be a whiteout, which any user may create.
        abilities.devices = made("device") { Kernel.mknodat($0, $1, 0o020600, dvm_makedev(1, 3)) }
        abilities.symbolicLinks = made("link") { Kernel.symlinkat("target", $0, $1) }
        guard made("name", { Kernel.mkdirat($0, $1, 0o700) }) == true else { return }
        let place = directory.descriptor.rawValue
        var status: FileStatus?
        abilities.foldsCase = FileStatus.read(place, "NAME", into: &status) == 0
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let number = kernelCall { Kernel.openat(place, "first", flags, 0o600) }
        guard number >= 0 else { return }
        close(Int32(number))
        abilities.hardLinks = made("second") { Kernel.linkat($0, "first", $0, $1, 0) }
    }

    /// Whether an entry could be created; nil if the failure says nothing about the file system.
    private func made(_ name: CPath, _ call: (Int32, CPath) -> Int32) -> Bool? {
        let result = kernelCall { call(directory.descriptor.rawValue, name) }
        if result == 0 { return true }
        return [EPERM, EACCES, EOPNOTSUPP, EINVAL, ENOSYS, EMLINK].contains(Int32(-result)) ? false : nil
    }
}

/// A file to try contents and metadata on.
final class ProbeFile {
    private let descriptor: Descriptor
    private var number: Int32 { descriptor.rawValue }

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Nil if the file system does not support such files.
    init?(withoutNameIn directory: VolumeDirectory) {
        let flags = O_RDWR | O_TMPFILE | O_CLOEXEC
        let number = kernelCall { Kernel.openat(directory.descriptor.rawValue, ".", flags, 0o600) }
        guard number >= 0 else { return nil }
        descriptor = Descriptor(owning: Int32(number))
    }

    func tryContents(_ abilities: inout FileSystemAbilities) {
        tryTimes(&abilities)
        tryAttributes(&abilities)
        abilities.largestFile = largestLength()
        abilities.keepsHoles = keepsHoles()
        let permitted = kernelCall { fchmod(number, 0o7751) }
        if permitted == 0, let status { abilities.keepsPermissions = status.permissions == 0o7751 }
        if permitted == -Int(EPERM) { abilities.keepsPermissions = false }
        // Last: from here on the file belongs to another user.
        let result = kernelCall { fchown(number, geteuid() ^ 1, gid_t.max) }
        abilities.changesOwner = result == 0 ? true : result == -Int(EPERM) ? false : nil
    }

    private var status: FileStatus? {
        var status: FileStatus?
        _ = FileStatus.read(number, into: &status)
        return status
    }

    /// Sets a modification time and reads it back; the kernel truncates it to what the file system stores.
    private func keptTime(_ seconds: Int, _ nanoseconds: Int) -> Timestamp? {
        let time = timespec(tv_sec: seconds, tv_nsec: nanoseconds)
        guard kernelCall({ Kernel.futimens(number, [time, time]) }) == 0 else { return nil }
        return status?.modified
    }

    /// The resolution of modification times, in nanoseconds.
    func timeGrain() -> Int64? {
        // An odd second, for steps of two, and its last nanosecond: the difference is the step minus one.
        let second = 1_000_000_001
        guard let kept = keptTime(second, 999_999_999) else { return nil }
        let seconds = Int64(second).subtractingClamped(kept.seconds).multipliedClamped(by: 1_000_000_000)
        return seconds.addingClamped(1_000_000_000 - Int64(kept.nanoseconds))
    }

    private func tryTimes(_ abilities: inout FileSystemAbilities) {
        abilities.timeGrain = timeGrain()
        abilities.latestTime = keptTime(.max / 4, 0)?.seconds
        abilities.earliestTime = keptTime(.min / 4, 0)?.seconds
    }

    private func tryAttributes(_ abilities: inout FileSystemAbilities) {
        let set = kernelCall { Kernel.fsetxattr(number, "user.dvm", Array("1".utf8)) }
        abilities.userAttributes = set == 0 ? true : [EOPNOTSUPP, EPERM].contains(Int32(-set)) ? false : nil
        let list = kernelCall { Kernel.fgetxattr(lengthOf: "system.posix_acl_access", number) }
        abilities.accessLists = list >= 0 || list == -Int(ENODATA) ? true : list == -Int(EOPNOTSUPP) ? false : nil
    }

    /// Finds the largest length by bisection: the file stays empty, so no attempt takes space.
    private func largestLength() -> Int64? {
        // Beyond this limit the kernel would terminate the process instead of returning an error.
        guard let most = ResourceLimit.fileSize.current.map({ Int64(clamping: $0) }) else { return nil }
        guard keepsHoles() == true else { return nil }
        var (good, bad) = (Int64(1 << 20), most)
        while bad - good > 1 {
            let middle = good + (bad - good) / 2
            if ftruncate(number, off_t(middle)) == 0 { good = middle } else { bad = middle }
        }
        return ftruncate(number, 0) == 0 ? good : nil
    }

    private func keepsHoles() -> Bool? {
        defer { _ = ftruncate(number, 0) }
        guard ftruncate(number, 1 << 20) == 0, let status else { return nil }
        return status.blocks == 0
    }
}
