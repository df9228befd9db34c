/// What is wrong with a stunnel configuration file, and where.
public struct StunnelConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file as it was named.
    public let file: String
    /// The line, from 1; nil when the file as a whole is meant.
    public let line: Int?
    /// What was found and what is allowed; never quotes a password.
    public let reason: String

    /// Names a fault.
    public init(file: String, line: Int?, reason: String) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    /// For example `stunnel.conf:7: "foo" is not a key that dvm-stunnel knows`.
    public var description: String { file + (line.map { ":\($0)" } ?? "") + ": " + reason }
}
