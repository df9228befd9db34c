/// An error in a daemon's configuration.
package struct DaemonConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line number, from 1; 0 when the error concerns the whole file.
    package let line: Int
    /// What is wrong.
    package let reason: String

    /// One sentence for the user.
    package var description: String {
        line > 0 ? "line \(line) of the configuration: \(reason)" : "the configuration: \(reason)"
    }
}
