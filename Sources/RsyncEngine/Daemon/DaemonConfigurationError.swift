/// What is wrong with a daemon's configuration.
package struct DaemonConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line, counted from 1; 0 when it concerns the whole file.
    package let line: Int
    /// What is wrong.
    package let reason: String

    /// One sentence for a person.
    package var description: String {
        line > 0 ? "line \(line) of the configuration: \(reason)" : "the configuration: \(reason)"
    }
}
