import RsyncCommand
import RsyncEngine
import Synchronization

/// Writes what happens in a session to a module's log.
///
/// ## Concurrency model
/// Called by the session's threads; the log takes lines from any thread.
final class VisitObserver: TransferObserver {
    private let log: any LineOutput
    /// The lines for files; nil where they are not logged.
    private let files: TransferLog?
    private let isEndTold = Atomic<Bool>(false)

    init(log: any LineOutput, files: TransferLog? = nil) { (self.log, self.files) = (log, files) }

    /// Whether the client was told why the session ends, which is in the log then.
    var hasToldEnd: Bool { isEndTold.load(ordering: .relaxed) }

    var wantsItems: Bool { files != nil }
    var wantsFileProgress: Bool { false }

    func message(_ text: String, _ level: MessageLevel) { log.line(text) }

    func sentMessage(_ text: String, _ level: MessageLevel) {
        if case .info = level { return }
        if case .error = level, text.hasPrefix("rsync error: ") { isEndTold.store(true, ordering: .relaxed) }
        log.line(text)
    }

    func peerMessage(_ line: [UInt8], _ level: MessageLevel) {}

    func didChange(_ item: ItemReport) {
        if let line = files?.line(item) { log.line(line) }
    }

    func didDelete(name: [UInt8], isDirectory: Bool) {
        if let files { log.line(files.line(deleted: name, isDirectory: isDirectory)) }
    }

    func didMove(name: [UInt8], offset: Int64, size: Int64) {}

    func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {
        if !isComplete { log.line(isSending ? "building file list" : "receiving file list") }
    }
}
