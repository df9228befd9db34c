import RsyncEngine
import Synchronization

/// Collects what a session says about one volume.
///
/// ## Concurrency model
/// `state` is touched by the session's threads and, after they have ended, by the one that reads the outcome.
final class VolumeObserver: TransferObserver {
    /// How many exceptions are kept; the others are counted.
    static let listedLimit = 1000

    private struct State {
        var listed: [String] = []
        var count = 0
        var lastWords: String?
    }

    private let state = Mutex(State())
    private let display: ProgressDisplay

    init(display: ProgressDisplay) { self.display = display }

    var wantsItems: Bool { false }
    var wantsFileProgress: Bool { false }

    func message(_ text: String, _ level: MessageLevel) {
        if case .info = level {
        } else {
            state.withLock { state in
                state.count += 1
                if state.listed.count < Self.listedLimit { state.listed.append(text) }
                // rsync's closing line names only a line of its source; what came before it says more.
                if !text.hasPrefix("rsync error: ") || state.lastWords == nil { state.lastWords = text }
            }
        }
        display.message(text, level)
    }

    func didChange(_ item: ItemReport) {}
    func didDelete(name: [UInt8], isDirectory: Bool) {}
    func didMove(name: [UInt8], offset: Int64, size: Int64) {}
    func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {}

    var exceptions: (listed: [String], count: Int) { state.withLock { ($0.listed, $0.count) } }
    var lastWords: String? { state.withLock { $0.lastWords } }
}
