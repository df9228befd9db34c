/// An error in a daemon's configuration.
public struct DaemonConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line number, from 1; 0 when the error concerns the whole file.
    public let line: Int
    /// What is wrong.
    public let reason: String

    /// One sentence for the user.
    public var description: String {
        line > 0 ? "line \(line) of the configuration: \(reason)" : "the configuration: \(reason)"
    }
}
