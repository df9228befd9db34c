import LinuxSystem
import ProcessSupport

/// The file of `--record`, which holds the record of the last pass.
struct PassRecordFile: Sendable {
    private let path: String

    /// Names the file.
    init(_ path: String) { self.path = path }

    /// Replaces the record.
    ///
    /// - Parameter text: The new one.
    /// - Throws: ``AgentError`` of class ``FailureClass/recordNotWritten``; the earlier record is still there then.
    func write(_ text: String) throws(AgentError) {
        do throws(SystemError) {
            try SmallFile.replace(path, with: Array(text.utf8))
        } catch {
            throw AgentError(.recordNotWritten, "--record \(path): \(error)", exitCode: 11)
        }
    }
}
