import SecureTunnel

/// Reads small files that hold secrets, which others can neither read nor change.
enum SecretFile {
    /// Reads a whole file.
    ///
    /// - Parameter path: Symbolic links are followed, as mounted Kubernetes secrets need.
    /// - Returns: The bytes, which are wiped with the value.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSecretFile``.
    static func read(_ path: String) throws(AgentError) -> SecretBytes {
        try refusing { () throws(SecureTunnelError) in try ProtectedFile.read(path, exposure: .refused).bytes }
    }

    /// The lines of a file, without their ends.
    static func lines(of path: String) throws(AgentError) -> [[UInt8]] {
        try read(path).withBytes { text in
            var lines: [[UInt8]] = [[]]
            for index in text.indices {
                if text[index] == UInt8(ascii: "\n") {
                    lines.append([])
                } else {
                    lines[lines.count - 1].append(text[index])
                }
            }
            return lines.map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
        }
    }

    /// The password in a file: its first line.
    static func password(in path: String) throws(AgentError) -> [UInt8] {
        guard let password = try lines(of: path).first, !password.isEmpty else {
            throw AgentError(.badSecretFile, "\(path) cannot be used: its first line is empty", exitCode: 1)
        }
        return password
    }

    /// The pre-shared keys in a file of `IDENTITY:KEY` lines.
    static func preSharedKeys(in path: String) throws(AgentError) -> PreSharedKeys {
        try refusing { () throws(SecureTunnelError) in try PreSharedKeys(file: path) }
    }

    private static func refusing<Value>(
        _ body: () throws(SecureTunnelError) -> Value
    ) throws(AgentError) -> Value {
        do throws(SecureTunnelError) {
            return try body()
        } catch {
            throw AgentError(.badSecretFile, "\(error)", exitCode: 1)
        }
    }
}
