/// Who may use the volumes of a target, read once from a file of `user:password` lines.
///
/// Blank lines and lines that begin with `#` are skipped; a password may hold colons.
public struct Credentials: Sendable, CustomStringConvertible, CustomReflectable {
    private let passwords: [[UInt8]: [UInt8]]

    /// Reads a file.
    ///
    /// - Parameter path: A regular file that neither everybody may read or change (mode & 07) nor another user owns.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSecretFile``, which never quotes a line.
    public init(file path: String) throws(AgentError) {
        var passwords: [[UInt8]: [UInt8]] = [:]
        for (index, line) in try SecretFile.lines(of: path).enumerated() {
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            func refuse(_ reason: String) -> AgentError {
                AgentError(.badSecretFile, "\(path), line \(index + 1): \(reason)", exitCode: 1)
            }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0, colon + 1 < line.count else {
                throw refuse("a line is user:password, both not empty")
            }
            let user = Array(line[..<colon])
            guard passwords.updateValue(Array(line[(colon + 1)...]), forKey: user) == nil else {
                throw refuse("the user has a line already")
            }
        }
        guard !passwords.isEmpty else { throw AgentError(.badSecretFile, "\(path) names no user", exitCode: 1) }
        self.passwords = passwords
    }

    /// Finds the password of a user.
    ///
    /// - Parameter user: As the client says it.
    /// - Returns: Nil for whom the file does not name.
    public func password(of user: [UInt8]) -> [UInt8]? { passwords[user] }

    /// How many users there are; never a password.
    public var description: String { "credentials of \(passwords.count) users" }

    /// Shows nothing, so that no dump of a value holds a password.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
