import Glibc
import LinuxSystem
import ProcessSupport

/// Reads small files that hold secrets: keys, passwords.
package enum ProtectedFile {
    /// How to treat a file that is not its user's alone.
    package enum Exposure: Sendable {
        /// One that its group or others can read or change is rejected: the strict rule of the agents.
        case refused
        /// One that its group or others can read is used with a warning, since Kubernetes mounts secrets so; one that
        /// others can change, or that belongs to another user, is rejected: the usual rule of the agents.
        case readable
        /// One that others can read or change, or that belongs to another user, is used with a warning, as stunnel does.
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
        let (flaw, isRefused) = judgement(of: file, exposure)
        if let flaw, isRefused { throw .badFile(path: path, reason: flaw) }
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

    /// What is wrong with a file's permissions, and whether that is enough to reject it.
    private static func judgement(
        of file: borrowing SmallFile,
        _ exposure: Exposure
    ) -> (flaw: String?, isRefused: Bool) {
        let mode = file.permissions
        let isOurs = file.owner == 0 || file.owner == geteuid()
        if exposure == .warned, mode & 0o7 != 0 { return ("other users can read or change it", false) }
        if exposure != .warned, mode & 0o2 != 0 { return ("other users can change it", true) }
        guard isOurs else { return ("it belongs to another user", exposure != .warned) }
        guard exposure != .warned, mode & 0o77 != 0 else { return (nil, false) }
        let whose = mode & 0o7 != 0 ? "other users" : "its group"
        return ("\(whose) can \(mode & 0o22 != 0 ? "change" : "read") it", exposure == .refused)
    }

    /// The bytes of a file up to a count; if there are fewer, because the file shrinks or is a pipe, as many as there are.
    private static func contents(of file: borrowing SmallFile, count: Int) throws(SystemError) -> SecretBytes {
        var filled = 0
        let whole = try SecretBytes(count: count) { (storage) throws(SystemError) in filled = try file.fill(&storage) }
        guard filled < count else { return whole }
        return whole.withBytes { SecretBytes(copying: $0.extracting(first: filled)) }
    }
}
