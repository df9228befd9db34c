/// What is wrong with a stunnel configuration file, and where.
struct StunnelConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file as it was named.
    let file: String
    /// The line, from 1; nil when the file as a whole is meant.
    let line: Int?
    /// What was found and what is allowed; never quotes a password.
    let reason: String

    /// Names a fault.
    init(file: String, line: Int?, reason: String) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    /// For example `stunnel.conf:7: "foo" is not a key that dvm-stunnel knows`.
    var description: String { file + (line.map { ":\($0)" } ?? "") + ": " + reason }
}
