import Glibc

/// The process's umask.
enum ProcessMask {
    /// Its value, read once: reading it requires setting it, for all threads.
    static let value: UInt32 = {
        let current = umask(0)
        umask(current)
        return UInt32(current)
    }()
}
