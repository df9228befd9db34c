import LinuxSystem
import ProcessSupport
import VolumeVerification

/// A manifest that is being written to a file, which is there when it is complete.
///
/// Used by one thread.
final class ManifestFile {
    private let path: String
    private let file: ReplacingFile
    private var writer: ManifestWriter

    init(_ path: String, of stream: any ManifestStream) throws(AgentError) {
        self.path = path
        do throws(SystemError) { file = try ReplacingFile(path) } catch { throw Self.failure(path, error) }
        writer = ManifestWriter(stream.function)
    }

    private static func failure(_ path: String, _ error: SystemError) -> AgentError {
        AgentError(.manifestNotWritten, "\(path): \(error)", exitCode: 11)
    }

    func add(_ item: ManifestItem) throws(AgentError) {
        writer.add(item)
        if let piece = writer.takePiece() { try write(piece) }
    }

    func finish(_ totals: ManifestTotals) throws(AgentError) {
        try write(writer.finish(totals))
        do throws(SystemError) { try file.commit() } catch { throw Self.failure(path, error) }
    }

    private func write(_ bytes: [UInt8]) throws(AgentError) {
        do throws(SystemError) { try file.write(bytes.span) } catch { throw Self.failure(path, error) }
    }
}
