import Glibc
import LinuxSystem
import ProcessSupport

/// Reads small files that hold secrets: keys, passwords.
package enum ProtectedFile {
    /// How to treat a file that others can read or change (mode & 07), or that belongs to another user.
    package enum Exposure: Sendable {
        /// It is rejected: the rule of the agents.
        case refused
        /// It is used with a warning, as stunnel does: Kubernetes mounts secrets readable by everybody in the pod.
        case warned
    }

    /// The longest file that is read, in bytes.
    package static let largest = 1 << 20

    /// Reads a whole file into memory for secrets, without a copy elsewhere.
    ///
    /// - Parameters:
    ///   - path: Symbolic links are followed, as mounted Kubernetes secrets need.
    ///   - exposure: How to treat a file that others can read or change.
    /// - Returns: The bytes, and what is wrong with the file's permissions if that is only warned of.
    /// - Throws: ``SecureTunnelError/badFile(path:reason:)``.
    package static func read(
        _ path: String,
        exposure: Exposure
    ) throws(SecureTunnelError) -> (bytes: SecretBytes, warning: String?) {
        let file: SmallFile
        do throws(SystemError) {
            file = try SmallFile(Array(path.utf8), kind: .regular)
        } catch {
            throw .badFile(path: path, reason: error.reason)
        }
        guard file.isRegular else { throw .badFile(path: path, reason: "it is not a regular file") }
        guard file.length <= largest else { throw .badFile(path: path, reason: "it is too long") }
        let flaw = exposureReason(file)
        if let flaw, exposure == .refused { throw .badFile(path: path, reason: flaw) }
        do throws(SystemError) {
            return (try contents(of: file, count: file.length), flaw.map { "\(path): \($0)" })
        } catch {
            throw .badFile(path: path, reason: error.reason)
        }
    }

    /// Reads standard input to its end, without a copy elsewhere.
    ///
    /// - Returns: At most 4096 bytes.
    /// - Throws: ``SecureTunnelError/badFile(path:reason:)``.
    package static func standardInput() throws(SecureTunnelError) -> SecretBytes {
        do throws(SystemError) {
            let input = try SmallFile(Array("-".utf8), dashIsStandardInput: true)
            return try contents(of: input, count: 4096)
        } catch {
            throw .badFile(path: "standard input", reason: error.reason)
        }
    }

    private static func exposureReason(_ file: borrowing SmallFile) -> String? {
        guard file.permissions & 0o7 == 0 else { return "other users can read or change it" }
        guard file.owner == 0 || file.owner == geteuid() else { return "it belongs to another user" }
        return nil
    }

    /// The bytes of a file up to a count; if there are fewer, because the file shrinks or is a pipe, as many as there are.
    private static func contents(of file: borrowing SmallFile, count: Int) throws(SystemError) -> SecretBytes {
        var filled = 0
        let whole = try SecretBytes(count: count) { (storage) throws(SystemError) in filled = try file.fill(&storage) }
        guard filled < count else { return whole }
        return whole.withBytes { SecretBytes(copying: $0.extracting(first: filled)) }
    }
}
