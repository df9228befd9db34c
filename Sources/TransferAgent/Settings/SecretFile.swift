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
    /// - Parameter path: The file; `-` is standard input, to its end.
    /// - Returns: The bytes without the line's end.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSecretFile``.
    static func password(in path: String) throws(AgentError) -> SecretBytes {
        let file = try path == "-" ? standardInput() : read(path)
        return try file.withBytes { (text) throws(AgentError) in
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
    }

    private static func standardInput() throws(AgentError) -> SecretBytes {
        try refusing { () throws(SecureTunnelError) in try ProtectedFile.standardInput() }
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
