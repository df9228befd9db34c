import Glibc
import LinuxSystem

/// Reads small files that hold secrets.
enum SecretFile {
    private static let largest = 1 << 20

    /// Reads a whole file that others can neither read nor change.
    ///
    /// - Parameter path: Symbolic links are followed, as mounted Kubernetes secrets need.
    /// - Returns: The bytes.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSecretFile``.
    static func read(_ path: String) throws(AgentError) -> [UInt8] {
        let bytes: [UInt8]?
        var refusal: String?
        do throws(SystemError) {
            let file = Descriptor(
                owning: try systemCall("open") { unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
            )
            var status = stat()
            try systemCall("fstat") { unsafe fstat(file.rawValue, &status) }
            refusal = reasonToRefuse(status)
            bytes = refusal == nil ? try contents(of: file) : nil
        } catch {
            bytes = nil
            refusal = error.reason
        }
        guard let bytes else {
            throw AgentError(.badSecretFile, "\(path) cannot be used: \(refusal ?? "it is too long")", exitCode: 1)
        }
        return bytes
    }

    private static func reasonToRefuse(_ status: stat) -> String? {
        guard status.st_mode & S_IFMT == S_IFREG else { return "it is not a regular file" }
        guard status.st_mode & 0o7 == 0 else { return "everybody may read or change it" }
        guard status.st_uid == 0 || status.st_uid == geteuid() else { return "it belongs to another user" }
        return nil
    }

    /// The bytes until the end; nil when there are more than a secret has.
    private static func contents(of file: borrowing Descriptor) throws(SystemError) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        let number = file.rawValue
        while bytes.count <= largest {
            let count = try systemCall("read") { unsafe Glibc.read(number, &buffer, buffer.count) }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
        return nil
    }

    /// The lines of a file, without their ends.
    static func lines(of path: String) throws(AgentError) -> [[UInt8]] {
        try read(path).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
        }
    }

    /// The password in a file: its first line.
    static func password(in path: String) throws(AgentError) -> [UInt8] {
        guard let password = try lines(of: path).first, !password.isEmpty else {
            throw AgentError(.badSecretFile, "\(path) cannot be used: its first line is empty", exitCode: 1)
        }
        return password
    }
}
