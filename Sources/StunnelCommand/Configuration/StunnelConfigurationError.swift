/// An error in a stunnel configuration file, with its position.
struct StunnelConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file as given.
    let file: String
    /// The line, from 1; nil for the file as a whole.
    let line: Int?
    /// What was found and what is allowed; never quotes a password.
    let reason: String

    /// Creates an error.
    init(file: String, line: Int?, reason: String) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    /// For example `stunnel.conf:7: "foo" is not a key that dvm-stunnel knows`.
    var description: String { file + (line.map { ":\($0)" } ?? "") + ": " + reason }
}
