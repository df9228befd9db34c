import LinuxSystem
package import SecureTunnel

/// The users of a target's volumes, from a file of `user:password` lines.
///
/// Blank lines and lines that begin with `#` are skipped; a password may contain colons.
package struct Credentials: Sendable, CustomStringConvertible, CustomReflectable {
    private let passwords: [[UInt8]: SecretBytes]
    /// What is wrong with the file's permissions, if that was accepted.
    package let warning: String?

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: A regular file that others cannot change and no other user owns.
    ///   - isStrict: Whether a file that its group or others can read is refused.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSecretFile``, which never quotes a line.
    package init(file path: String, isStrict: Bool = false) throws(AgentError) {
        let (file, warning) = try SecretFile.read(path, isStrict: isStrict)
        self.warning = warning
        passwords = try file.withBytes { (text) throws(AgentError) in
            var passwords: [[UInt8]: SecretBytes] = [:]
            try SecretFile.forEachLine(of: text) { (number, line) throws(AgentError) in
                guard !line.isEmpty, line[0] != UInt8(ascii: "#") else { return true }
                func refuse(_ reason: String) -> AgentError {
                    AgentError(.badSecretFile, "\(path), line \(number): \(reason)", exitCode: 1)
                }
                let colon = line.indices.first { line[$0] == UInt8(ascii: ":") } ?? 0
                guard colon > 0, colon + 1 < line.count else {
                    throw refuse("not user:password with both parts non-empty")
                }
                let user = (0..<colon).map { line[$0] }
                let password = SecretBytes(copying: line.extracting((colon + 1)...))
                guard passwords.updateValue(password, forKey: user) == nil else {
                    throw refuse("duplicate user")
                }
                return true
            }
            return passwords
        }
        guard !passwords.isEmpty else { throw AgentError(.badSecretFile, "\(path) contains no user", exitCode: 1) }
    }

    /// Finds the password of a user.
    ///
    /// - Parameter user: As the client reports it.
    /// - Returns: Nil for a user that is not in the file.
    package func password(of user: [UInt8]) -> SecretBytes? { passwords[user] }

    /// How many users there are; never a password.
    package var description: String { "credentials of \(counted(passwords.count, "user"))" }

    /// Shows nothing, so that no dump of a value contains a password.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
