import CLinux
import Glibc
import LinuxSystem
import Synchronization

/// Which features the kernel and the file systems of one volume have been found to lack.
///
/// Each starts as true and becomes false after the first refusal, so that a refused call is not retried for every file.
///
/// ## Concurrency model
/// Relaxed atomics: a thread that reads late only tries a refused call once more.
final class VolumeFeatures: Sendable {
    /// A call or flag that some systems lack.
    final class Feature: Sendable {
        private let state: Atomic<Bool>

        init(_ isSupported: Bool = true) { state = Atomic(isSupported) }

        var isSupported: Bool { state.load(ordering: .relaxed) }
        func refuse() { state.store(false, ordering: .relaxed) }
    }

    /// openat2(2): Linux 5.6, and often blocked by seccomp profiles.
    let openat2 = Feature()
    /// Unnamed files (`O_TMPFILE`): most local file systems; not NFS.
    ///
    /// `/proc` is required to link such a file when `linkByDescriptor` fails.
    let unnamedFiles = Feature(Kernel.exists("/proc/self/fd"))
    /// linkat(2) with `AT_EMPTY_PATH`: CAP_DAC_READ_SEARCH, or Linux 6.10.
    let linkByDescriptor = Feature()
    /// `O_NOATIME`: for the owner, or CAP_FOWNER.
    let noAccessTime = Feature()
    /// fchmodat2(2): Linux 6.6.
    let fchmodat2 = Feature()
    /// getxattrat(2) and listxattrat(2): Linux 6.13.
    let attributesAt = Feature()
    /// FICLONE: btrfs, XFS, bcachefs and others.
    let clone = Feature()
    /// Whether a file is closed before it gets its name: closing is when network file systems report lost writes.
    let closeBeforeName = Feature()
    /// copy_file_range(2) on these file systems.
    let copyRange = Feature()

    /// Whether owners, modes, devices and links are kept in extended attributes (`--fake-super`).
    let simulatesPrivileges: Bool

    init(simulatesPrivileges: Bool = false) { self.simulatesPrivileges = simulatesPrivileges }

    /// What is known of free inodes.
    let inodes = InodeAllowance()
    /// Held shared by writes of content; held exclusively while a call that found no space waits for write-back.
    let writes = SharedLock()
}
