import LinuxSystem
import ProcessSupport

/// A file, or standard input, given by the user: at most a mebibyte.
package enum SmallInput {
    /// Reads it.
    ///
    /// - Parameter path: A file; `-` is standard input.
    /// - Returns: Its text; bytes that are not UTF-8 are replaced.
    /// - Throws: ``AgentError`` when it cannot be read or is too long.
    package static func text(_ path: String) throws(AgentError) -> String {
        do throws(SystemError) {
            let file = try SmallFile(Array(path.utf8), dashIsStandardInput: true)
            return String(decoding: try file.contents(limit: 1 << 20), as: UTF8.self)
        } catch {
            throw AgentError(.badSetting, "\(error.operation) of \(path): \(error.reason)", exitCode: 2)
        }
    }
}
