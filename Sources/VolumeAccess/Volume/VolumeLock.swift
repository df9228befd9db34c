import CLinux
import Glibc
import LinuxSystem
import Synchronization

/// How far a lock on a volume reaches.
package enum LockReach: Int64, Sendable {
    /// It excludes every program on any host that requests the lock.
    case everywhere = 0
    /// It excludes programs on this host, but not on other hosts that have the file system mounted.
    case host = 1
    /// It excludes only sessions of this process: the file system has no locks.
    case process = 2
}

/// The lock of a volume's writer: flock(2), exclusive on the root, shared on the directories above it.
///
/// So it excludes writers of the same directory, of one below it, and of one above it. A directory above that cannot be
/// opened is not locked. The lock is released with the object, or with the process.
package final class VolumeLock: Sendable {
    /// How far it reaches.
    package let reach: LockReach
    private let held: [VolumeDirectory]
    private let anchors: LockAnchors
    private let anchored: [DirectoryIdentity]

    private init(_ reach: LockReach, _ held: [VolumeDirectory], _ anchors: LockAnchors, _ anchored: [DirectoryIdentity])
    {
        self.reach = reach
        self.held = held
        self.anchors = anchors
        self.anchored = anchored
    }

    deinit { for identity in anchored { anchors.release(identity) } }

    /// Locks a volume if it is not locked already.
    ///
    /// - Parameters:
    ///   - volume: The volume to write to.
    ///   - lineage: Its ancestors.
    ///   - anchors: Directories above it that were opened before.
    /// - Returns: Nil if there is a conflicting lock.
    /// - Throws: ``VolumeError`` when the root cannot be opened for locking.
    package static func take(
        _ volume: Volume,
        _ lineage: VolumeLineage,
        _ anchors: LockAnchors
    ) throws(VolumeError) -> VolumeLock? {
        // Separate descriptors: a lock belongs to an open file description, and ends with its last descriptor.
        guard let root = reopened(volume.root) else {
            throw .system(operation: "open", path: [UInt8(ascii: ".")], number: errno)
        }
        var reach = reach(ofType: volume.mount().type)
        switch root.lock(LOCK_EX) {
        case .taken: break
        case .busy: return nil
        case .unsupported: reach = .process
        }
        var held = [root]
        var anchored: [DirectoryIdentity] = []
        func release() { for identity in anchored { anchors.release(identity) } }
        for directory in lineage.directories {
            if let open = reopened(directory) {
                if open.lock(LOCK_SH) == .busy {
                    release()
                    return nil
                }
                held.append(open)
            } else if let status = try? directory.status() {
                switch anchors.take(DirectoryIdentity(status)) {
                case .taken?: anchored.append(DirectoryIdentity(status))
                case .busy?:
                    release()
                    return nil
                case .unsupported?, nil: break
                }
            }
        }
        return VolumeLock(reach, held, anchors, anchored)
    }

    private static func reopened(_ directory: VolumeDirectory) -> VolumeDirectory? {
        let number = kernelCall {
            Kernel.openat(directory.descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard number >= 0 else { return nil }
        return VolumeDirectory(Descriptor(owning: Int32(number)), relativePath: [], features: directory.features)
    }

    /// How far locks on directories reach, by file system type: cluster file systems propagate them, others that are
    /// mounted from a server keep them local to the host, and local file systems are mounted on one host only.
    static func reach(ofType type: String) -> LockReach {
        if ["ceph", "gfs2", "ocfs2", "gpfs"].contains(type) { return .everywhere }
        let remote = ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "lustre", "virtiofs", "vboxsf", "ncpfs"]
        return remote.contains(type) || type.hasPrefix("fuse") ? .host : .everywhere
    }
}

/// Directories above the volumes that were opened while that was still allowed (Landlock), and are locked when needed.
///
/// ## Concurrency model
/// The directories are immutable; the counts are guarded.
package final class LockAnchors: Sendable {
    private let directories: [DirectoryIdentity: VolumeDirectory]
    private let counts = Mutex<[DirectoryIdentity: Int]>([:])

    /// Opens all directories above some volumes that can be opened.
    package init(above volumes: [Volume] = []) {
        var directories: [DirectoryIdentity: VolumeDirectory] = [:]
        for volume in volumes {
            guard let lineage = try? volume.lineage() else { continue }
            for directory in lineage.directories {
                let number = kernelCall {
                    Kernel.openat(directory.descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                }
                guard number >= 0, let status = try? directory.status() else { continue }
                directories[DirectoryIdentity(status)] = VolumeDirectory(
                    Descriptor(owning: Int32(number)),
                    relativePath: [],
                    features: volume.features
                )
            }
        }
        self.directories = directories
    }

    /// Locks a directory, shared by all callers of this method; nil if it was not opened.
    func take(_ identity: DirectoryIdentity) -> VolumeDirectory.LockAnswer? {
        guard let directory = directories[identity] else { return nil }
        return counts.withLock { counts in
            let answer = counts[identity, default: 0] > 0 ? .taken : directory.lock(LOCK_SH)
            if answer == .taken { counts[identity, default: 0] += 1 }
            return answer
        }
    }

    func release(_ identity: DirectoryIdentity) {
        counts.withLock { counts in
            counts[identity, default: 1] -= 1
            if counts[identity] == 0 { _ = directories[identity]?.lock(LOCK_UN) }
        }
    }
}

extension VolumeDirectory {
    enum LockAnswer { case taken, busy, unsupported }

    /// Requests a lock on the directory without waiting.
    fileprivate func lock(_ kind: Int32) -> LockAnswer {
        switch kernelCall({ dvm_flock(descriptor.rawValue, kind | LOCK_NB) }) {
        case 0: .taken
        case -Int(EWOULDBLOCK): .busy
        // ENOLCK, EOPNOTSUPP, EBADF of NFS and so on: locks are not supported.
        default: .unsupported
        }
    }
}
