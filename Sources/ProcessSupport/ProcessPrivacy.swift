import CLinux

/// Keeps the memory of the process from others.
package enum ProcessPrivacy {
    /// No core dump is written, and no other process of the same user may look into this one (`PR_SET_DUMPABLE`).
    ///
    /// The superuser still may.
    package static func forbidDumps() { _ = dvm_forbid_dumps() }
}
