import Glibc

/// Limits of the process (getrlimit(2)).
package enum ResourceLimit {
    /// How many descriptors may be open.
    case openFiles
    /// How long a file may become, in bytes.
    case fileSize

    /// The limit in force; nil when the kernel does not say.
    package var current: UInt64? { limits.map { UInt64($0.rlim_cur) } }

    /// Sets the limit to the most that the process may set it to.
    ///
    /// - Parameter most: A bound of the caller's own.
    /// - Returns: The limit in force afterwards; nil when the kernel does not say.
    @discardableResult
    package func raise(toAtMost most: UInt64 = .max) -> UInt64? {
        guard var limits else { return nil }
        limits.rlim_cur = min(limits.rlim_max, rlim_t(most))
        setLimits(resource, limits)
        return current
    }

    private var resource: __rlimit_resource_t {
        switch self {
        case .openFiles: __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        case .fileSize: __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
        }
    }

    private var limits: rlimit? { readLimits(resource) }
}
