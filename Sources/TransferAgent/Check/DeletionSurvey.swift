import RsyncEngine
import RsyncWire
import Synchronization
import Transport
import VolumeAccess

/// Counts with a dry run what a pass would delete, for targets that cannot keep deletions back by themselves: stock ones, and
/// older ones of ours.
struct DeletionSurvey {
    let volume: VolumeMapping
    let job: TransferJob
    let call: CancellableCall
    let display: ProgressDisplay

    /// Counts and judges, over a connection of its own; blocks the calling thread.
    ///
    /// A target that takes no second connection, or does not answer on it, cannot be asked: then a source without entries is
    /// refused, and any other goes on with a warning.
    ///
    /// - Returns: Whether there was anything to count for.
    /// - Throws: ``AgentError`` when the pass may not go on.
    func run() throws(AgentError) -> Bool {
        guard job.brake.isSet else { return false }
        let root: SourceRoot
        do throws(VolumeError) {
            root = try SourceRoot.contents(of: volume.path)
        } catch {
            throw AgentError(source: volume.path, error)
        }
        let result: SessionResult
        let observer = DeletionCounter()
        do throws(AgentError) {
            let stream = try job.route.connect(for: call)
            var options = job.options
            options.dryRun = true
            // Only so does a target of protocol 30 name what it would delete.
            options.itemize = max(options.itemize, 1)
            // What is compared matters little here, and content is not to be read twice.
            options.checksum = false
            let session = ClientSession(stream: stream, options: options, observer: observer)
            result = session.run(module: Array(volume.name.utf8), .push([root], to: []), login: job.login)
            if let failure = result.failure { throw AgentError(failure, lastWords: observer.lastWords) }
        } catch {
            guard !call.isCancelled else { throw error }
            try goOnUncounted(because: error)
            return true
        }
        let figures = result.statistics
        let deletions = max(Int64(figures.deleted.total), observer.count)
        // The root is listed, and is none of its own entries.
        let entries = max(0, Int64(figures.listed.total) - 1 - Int64(figures.created.total)) + deletions
        try job.brake.judge(deletions: deletions, of: entries, isSourceEmpty: figures.listed.total <= 1)
        return true
    }

    private func goOnUncounted(because error: AgentError) throws(AgentError) {
        let isRefusable = try isSourceEmpty()
        if isRefusable, !job.brake.allowsEmptySource {
            let text = "the source has no entries, and what the target has cannot be counted (\(error.observed))"
            throw AgentError(.emptySource, text, exitCode: 25)
        }
        let text = "volume \(volume.name): deletions are not counted before they are made: \(error.observed)"
        display.message(text, .warning)
    }

    /// Whether nothing of the source would be listed.
    private func isSourceEmpty() throws(AgentError) -> Bool {
        do throws(VolumeError) {
            let listing = try Volume.open(path: volume.path).root.list()
            return !(0..<listing.count).contains { listing.nameBytes($0) != Array("lost+found".utf8) }
        } catch {
            throw AgentError(source: volume.path, error)
        }
    }
}

/// Counts the names that a dry run would delete.
///
/// ## Concurrency model
/// `state` is touched by the session's threads and read after they have ended.
private final class DeletionCounter: TransferObserver {
    private let state = Mutex<(count: Int64, lastWords: String?)>((0, nil))

    var wantsItems: Bool { false }
    var wantsFileProgress: Bool { false }
    var count: Int64 { state.withLock { $0.count } }
    var lastWords: String? { state.withLock { $0.lastWords } }

    func message(_ text: String, _ level: MessageLevel) {
        if case .info = level { return }
        state.withLock { $0.lastWords = text }
    }

    func didDelete(name: [UInt8], isDirectory: Bool) { state.withLock { $0.count += 1 } }
    func didChange(_ item: ItemReport) {}
    func didMove(name: [UInt8], offset: Int64, size: Int64) {}
    func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {}
}
