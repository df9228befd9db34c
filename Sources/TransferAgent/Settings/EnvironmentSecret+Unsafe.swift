import Glibc
package import SecureTunnel

// Invariant: the bytes of a variable are the process's own and end with a NUL; there is no other thread yet that changes them.

/// Secrets from environment variables.
package enum EnvironmentSecret {
    /// Removes a secret from the environment, where it is overwritten with zeros: `/proc/PID/environ` and a core show
    /// none.
    ///
    /// Only while the process has a single thread, since the environment has no lock.
    ///
    /// - Parameter name: The variable.
    /// - Returns: Its bytes; nil when it is not set, or empty.
    package static func take(_ name: String) -> SecretBytes? {
        guard let value = unsafe getenv(name) else { return nil }
        let bytes = unsafe UnsafeMutableBufferPointer(start: value, count: strlen(value))
        guard !bytes.isEmpty else { return nil }
        let secret = unsafe bytes.withMemoryRebound(to: UInt8.self) { SecretBytes(copying: unsafe $0.span) }
        unsafe explicit_bzero(value, bytes.count)
        return secret
    }
}
