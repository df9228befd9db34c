/// What is wrong with a daemon's configuration.
public struct DaemonConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line, counted from 1; 0 when it concerns the whole file.
    public let line: Int
    /// What is wrong.
    public let reason: String

    /// One sentence for a person.
    public var description: String {
        line > 0 ? "line \(line) of the configuration: \(reason)" : "the configuration: \(reason)"
    }
}
