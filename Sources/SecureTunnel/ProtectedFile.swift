import Glibc
import LinuxSystem

/// Reads small files that hold secrets: keys, passwords.
public enum ProtectedFile {
    /// What becomes of a file that everybody may read or change (mode & 07), or that belongs to another user.
    public enum Exposure: Sendable {
        /// It is not used: the rule of our own agents.
        case refused
        /// It is used with a warning, as stunnel does: Kubernetes mounts secrets readable by everybody in the pod.
        case warned
    }

    /// The longest file that is read, in bytes.
    public static let largest = 1 << 20

    /// Reads a whole file.
    ///
    /// - Parameters:
    ///   - path: Symbolic links are followed, as mounted Kubernetes secrets need.
    ///   - exposure: What becomes of a file that others can read or change.
    /// - Returns: The bytes, and what is wrong with the file's permissions if that is only warned of.
    /// - Throws: ``SecureTunnelError/badFile(path:reason:)``.
    public static func read(
        _ path: String,
        exposure: Exposure
    ) throws(SecureTunnelError) -> (bytes: SecretBytes, warning: String?) {
        let file = try naming(path) { () throws(SystemError) in
            Descriptor(owning: try systemCall("open") { unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) })
        }
        var status = stat()
        try naming(path) { () throws(SystemError) in
            _ = try systemCall("fstat") { unsafe fstat(file.rawValue, &status) }
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .badFile(path: path, reason: "it is not a regular file")
        }
        guard status.st_size <= largest else { throw .badFile(path: path, reason: "it is too long") }
        let reason = exposureReason(status)
        if let reason, exposure == .refused { throw .badFile(path: path, reason: reason) }
        let bytes = try naming(path) { () throws(SystemError) in
            try contents(of: file, count: Int(status.st_size))
        }
        return (bytes, reason.map { "\(path): \($0)" })
    }

    /// Turns the kernel's word into an error that names the file.
    private static func naming<Value: ~Copyable>(
        _ path: String,
        _ body: () throws(SystemError) -> Value
    ) throws(SecureTunnelError) -> Value {
        do throws(SystemError) {
            return try body()
        } catch {
            throw .badFile(path: path, reason: error.reason)
        }
    }

    private static func exposureReason(_ status: stat) -> String? {
        guard status.st_mode & 0o7 == 0 else { return "everybody may read or change it" }
        guard status.st_uid == 0 || status.st_uid == geteuid() else { return "it belongs to another user" }
        return nil
    }

    /// The bytes of a file; a file that shrinks meanwhile is as long as it is then.
    private static func contents(of file: borrowing Descriptor, count: Int) throws(SystemError) -> SecretBytes {
        let number = file.rawValue
        var filled = 0
        var failure: SystemError?
        let whole = unsafe SecretBytes(count: count) { storage in
            do throws(SystemError) {
                while filled < count {
                    let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: storage[filled...])
                    let piece = try systemCall("read") { unsafe Glibc.read(number, rest.baseAddress, rest.count) }
                    guard piece > 0 else { break }
                    filled += piece
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        guard filled < count else { return whole }
        return whole.withBytes { SecretBytes(copying: $0.extracting(first: filled)) }
    }
}
