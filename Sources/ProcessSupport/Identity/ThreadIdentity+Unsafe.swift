import CLinux
import Glibc

/// The effective user and groups of the calling thread alone, by the kernel's own calls: those of the C library change
/// every thread of the process.
///
/// Invariant: the list of groups is read during the call. Each returns 0, or -1 and `errno`.
package enum ThreadIdentity {
    /// Sets the effective user; the real and the saved one stay.
    package static func setUser(_ user: UInt32) -> Int { dvm_set_thread_user(user) }

    /// Sets the effective group; the real and the saved one stay.
    package static func setGroup(_ group: UInt32) -> Int { dvm_set_thread_group(group) }

    /// Sets the supplementary groups.
    package static func setGroups(_ groups: [UInt32]) -> Int {
        unsafe groups.withUnsafeBufferPointer { unsafe dvm_set_thread_groups($0.count, $0.baseAddress) }
    }
}
