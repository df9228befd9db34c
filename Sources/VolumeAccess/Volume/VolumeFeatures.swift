import CLinux
import Glibc
import LinuxSystem
import Synchronization

/// What the kernel and the file systems of one volume have been found to refuse.
///
/// Each starts as true and turns false once, after the first refusal, so that a refused call is not tried per file.
///
/// ## Concurrency model
/// Relaxed atomics: a late reader only tries a refused call once more.
final class VolumeFeatures: Sendable {
    /// A call or flag that some systems lack.
    final class Feature: Sendable {
        private let state: Atomic<Bool>

        init(_ isSupported: Bool = true) { state = Atomic(isSupported) }

        var isSupported: Bool { state.load(ordering: .relaxed) }
        func refuse() { state.store(false, ordering: .relaxed) }
    }

    /// openat2(2): Linux 5.6, and often hidden by seccomp profiles.
    let openat2 = Feature()
    /// Files without a name (`O_TMPFILE`): most local file systems; not NFS.
    ///
    /// `/proc` must be there to name such a file where `linkByDescriptor` fails.
    let unnamedFiles = Feature(Kernel.exists("/proc/self/fd"))
    /// linkat(2) with `AT_EMPTY_PATH`: CAP_DAC_READ_SEARCH, or Linux 6.10.
    let linkByDescriptor = Feature()
    /// `O_NOATIME`: for the owner, or CAP_FOWNER.
    let noAccessTime = Feature()
    /// fchmodat2(2): Linux 6.6.
    let fchmodat2 = Feature()
    /// listxattrat(2): Linux 6.13.
    let listxattrat = Feature()
    /// FICLONE: btrfs, XFS, bcachefs and others.
    let clone = Feature()
    /// Whether a file is closed before it gets its name, which is when network file systems tell of lost writes.
    let closeBeforeName = Feature()
    /// copy_file_range(2) on these file systems.
    let copyRange = Feature()

    /// Shared by writes of content; held alone while a call that found no room waits for what was written.
    let writes = SharedLock()
}
