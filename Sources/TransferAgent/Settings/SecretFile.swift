import SecureTunnel

/// Reads small files that hold secrets, which others cannot change.
enum SecretFile {
    /// How a file is treated that its group or others can read.
    ///
    /// - Parameter isStrict: The value of `--strict-secrets`.
    /// - Returns: The rule for reading it.
    static func exposure(_ isStrict: Bool) -> ProtectedFile.Exposure { isStrict ? .refused : .readable }

    /// Reads a whole file.
    ///
    /// - Parameters:
    ///   - path: Symbolic links are followed, as mounted Kubernetes secrets need.
    ///   - isStrict: Whether a file that its group or others can read is refused.
    /// - Returns: The bytes, which are wiped with the value, and what is wrong with the file's permissions.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSecretFile``.
    static func read(_ path: String, isStrict: Bool) throws(AgentError) -> (bytes: SecretBytes, warning: String?) {
        try refusing { () throws(SecureTunnelError) in try ProtectedFile.read(path, exposure: exposure(isStrict)) }
    }

    /// Lends the lines of a text one after the other, without their ends.
    ///
    /// - Parameters:
    ///   - text: A file's bytes.
    ///   - body: Gets each line with its number, from 1 on; returns whether to continue.
    /// - Throws: What `body` throws.
    static func forEachLine(
        of text: Span<UInt8>,
        _ body: (_ number: Int, _ line: Span<UInt8>) throws(AgentError) -> Bool
    ) throws(AgentError) {
        var number = 1
        var start = 0
        var isWanted = true
        while isWanted, start <= text.count {
            var end = start
            while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
            let hasReturn = end > start && text[end - 1] == UInt8(ascii: "\r")
            isWanted = try body(number, text.extracting(start..<(hasReturn ? end - 1 : end)))
            number += 1
            start = end + 1
        }
    }

    /// The password in a file: its first line.
    ///
    /// - Parameters:
    ///   - path: The file; `-` is standard input, to its end.
    ///   - isStrict: Whether a file that its group or others can read is refused.
    /// - Returns: The bytes without the line's end, and what is wrong with the file's permissions.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSecretFile``.
    static func password(
        in path: String,
        isStrict: Bool
    ) throws(AgentError) -> (bytes: SecretBytes, warning: String?) {
        let (file, warning) = try path == "-" ? (standardInput(), nil) : read(path, isStrict: isStrict)
        let password = try file.withBytes { (text) throws(AgentError) in
            var password: SecretBytes?
            try forEachLine(of: text) { (_, line) throws(AgentError) in
                if !line.isEmpty { password = SecretBytes(copying: line) }
                return false
            }
            guard let password else {
                throw AgentError(.badSecretFile, "\(path) cannot be used: the first line is empty", exitCode: 1)
            }
            return password
        }
        return (password, warning)
    }

    private static func standardInput() throws(AgentError) -> SecretBytes {
        try refusing { () throws(SecureTunnelError) in try ProtectedFile.standardInput() }
    }

    /// The pre-shared keys in a file of `IDENTITY:KEY` lines.
    static func preSharedKeys(in path: String, isStrict: Bool) throws(AgentError) -> PreSharedKeys {
        try refusing { () throws(SecureTunnelError) in try PreSharedKeys(file: path, exposure: exposure(isStrict)) }
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
