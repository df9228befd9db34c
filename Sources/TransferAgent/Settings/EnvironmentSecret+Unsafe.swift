import Glibc
package import SecureTunnel

// Invariant: the bytes of a variable are the process's own and end with a NUL; there is no other thread yet that changes them.

/// Secrets that come in environment variables.
package enum EnvironmentSecret {
    /// Takes a secret out of the environment, where nothing but zeros is left of it: `/proc/PID/environ` and a core show none.
    ///
    /// Only for a process that has one thread yet, since the environment has no lock.
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
