import LinuxSystem
import ProcessSupport

/// The file of `--record`, which holds the record of the last pass.
struct PassRecordFile: Sendable {
    private let path: String

    /// Names the file.
    init(_ path: String) { self.path = path }

    /// Refuses a place that a confined program may not write to.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - volumes: The source's, which stay as they are.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``.
    static func check(_ path: String, besides volumes: [VolumeMapping]) throws(AgentError) {
        let named = FilePath.directory(of: path)
        let directory = FilePath.resolved(named) ?? named
        guard directory != "/" else {
            let text = "--record \(path): the file needs a directory of its own, in which the program may write"
            throw AgentError(.badSetting, text, exitCode: 1)
        }
        for volume in volumes {
            let root = FilePath.resolved(volume.path) ?? volume.path
            guard "\(directory)/".hasPrefix(root.hasSuffix("/") ? root : "\(root)/") else { continue }
            let text = "--record \(path): the file would be in the source of volume \(volume.name), which is only read"
            throw AgentError(.badSetting, text, exitCode: 1)
        }
    }

    /// Replaces the record.
    ///
    /// - Parameter text: The new one.
    /// - Throws: ``AgentError`` of class ``FailureClass/recordNotWritten``; the earlier record is still there then.
    func write(_ text: String) throws(AgentError) {
        do throws(SystemError) {
            // Commands and what they print may be confidential.
            try SmallFile.replace(path, with: Array(text.utf8), permissions: 0o600)
        } catch {
            throw AgentError(.recordNotWritten, "--record \(path): \(error)", exitCode: 11)
        }
    }
}
