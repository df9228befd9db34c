import Glibc
package import SecureTunnel

// Invariant: the bytes of a variable are the process's own and end with a NUL; no other thread exists yet that could
// change them.

/// Secrets from environment variables.
package enum EnvironmentSecret {
    /// Removes a secret from the environment, overwriting it with zeros, so that neither `/proc/PID/environ` nor a core
    /// dump shows it.
    ///
    /// May only be called while the process has a single thread, since the environment has no lock.
    ///
    /// - Parameter name: The variable's name.
    /// - Returns: Its bytes; nil if it is not set or empty.
    package static func take(_ name: String) -> SecretBytes? {
        guard let value = unsafe getenv(name) else { return nil }
        let bytes = unsafe UnsafeMutableBufferPointer(start: value, count: strlen(value))
        guard !bytes.isEmpty else { return nil }
        let secret = unsafe bytes.withMemoryRebound(to: UInt8.self) { SecretBytes(copying: unsafe $0.span) }
        unsafe explicit_bzero(value, bytes.count)
        return secret
    }
}
