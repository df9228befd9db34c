import LinuxSystem
package import RsyncEngine
import Synchronization

/// Collects a session's messages about one volume.
///
/// ## Concurrency model
/// `state` is touched by the session's threads and, after they have ended, by the one that reads the outcome.
package final class VolumeObserver: TransferObserver {
    /// How many exceptions are kept, and lines of the target shown; the others are counted.
    static let listedLimit = 1000

    private struct State {
        var listed: [String] = []
        var count = 0
        var lastWords: String?
        /// Messages of each kind that a job may accept.
        var counts: [AcceptedException: Int] = [:]
        /// The paths at the source of files that shrank while they were read, the first ones.
        var shrunk: Set<String> = []
        /// Files that shrank under both attempts, so that the target kept their older content.
        var discarded = 0
        /// Findings of the check about attributes that cannot be kept, which count in a cutover only.
        var foreseen = 0
        /// Messages about what else could not be transferred, and warnings of another kind.
        var (failed, warned) = (0, 0)

        let root: String

        init(root: String) { self.root = root }

        mutating func note(_ text: String, _ level: MessageLevel) {
            switch PassException(text, level) {
            case .accepted(let kind): counts[kind, default: 0] += 1
            case .shrunk(let path):
                counts[.changed, default: 0] += 1
                if shrunk.count < VolumeObserver.listedLimit { shrunk.insert(path) }
            case .discarded(let name):
                // Of any other file the target has older content for no reason that a change explains.
                if shrunk.contains("\(root)/\(name)") { discarded += 1 } else { failed += 1 }
            case .other: failed += 1
            case .warning: warned += 1
            case .remark: break
            }
        }

        func count(_ kind: AcceptedException) -> Int { counts[kind] ?? 0 }
        var peerLines = 0
    }

    private let state: Mutex<State>
    private let display: ProgressDisplay
    /// The exceptions with which the volume still counts as transferred.
    private let accepted: Set<AcceptedException>

    /// Collects messages.
    ///
    /// - Parameters:
    ///   - root: The volume's path at the source, as messages show it.
    ///   - accepted: The exceptions with which the volume still counts as transferred.
    ///   - display: Shows them.
    package init(root: String = "", accepting accepted: Set<AcceptedException> = [], display: ProgressDisplay) {
        state = Mutex(State(root: root))
        self.accepted = accepted
        self.display = display
    }

    package var wantsItems: Bool { false }
    package var wantsFileProgress: Bool { false }

    package func message(_ text: String, _ level: MessageLevel) {
        if level.isFailure { note(text, shown: text, level) }
        display.message(text, level)
    }

    /// A line of the target: it is marked as such, and a target that sends endless text does not fill the log.
    package func peerMessage(_ line: [UInt8], _ level: MessageLevel) {
        let text = PrintableText.escaped(line)
        let shown = "target: \(text)"
        if level.isFailure { note(text, shown: shown, level) }
        let count = state.withLock { state in
            state.peerLines += 1
            return state.peerLines
        }
        if count <= Self.listedLimit { display.message(shown, level) }
        if count == Self.listedLimit { display.message("further messages from the target are not shown", .warning) }
    }

    private func note(_ text: String, shown: String, _ level: MessageLevel) {
        state.withLock { state in
            state.count += 1
            state.note(text, level)
            if state.listed.count < Self.listedLimit { state.listed.append(shown) }
            // rsync's last line only names a line of its source; the line before it says more.
            guard !text.hasPrefix("rsync error: ") || state.lastWords == nil else { return }
            state.lastWords = PrintableText.ofPeer(text)
        }
    }

    /// Takes in what the check has said of attributes of entries that the target cannot keep.
    func foresee(_ findings: [String]) {
        state.withLock { state in
            state.foreseen += findings.count
            state.count += findings.count
            state.listed += findings.prefix(max(0, Self.listedLimit - state.listed.count)).map { "check: \($0)" }
        }
    }

    package func didChange(_ item: ItemReport) {}
    package func didDelete(name: [UInt8], isDirectory: Bool) {}
    package func didMove(name: [UInt8], offset: Int64, size: Int64) {}
    package func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {}

    package var exceptions: (listed: [String], count: Int) { state.withLock { ($0.listed, $0.count) } }
    /// Whether all that could not be transferred were files larger than a limit.
    var lacksOnlyLargeFiles: Bool {
        state.withLock {
            $0.count(.largeFiles) > 0
                && $0.failed + $0.discarded + $0.count(.attributes) + $0.count(.topDirectoryAttributes) == 0
        }
    }
    /// Whether all contents were transferred and only attributes could not be set.
    var lacksOnlyAttributes: Bool {
        state.withLock { state in
            state.count(.attributes) + state.count(.topDirectoryAttributes) > 0
                && state.failed + state.discarded + state.count(.largeFiles) == 0
        }
    }
    /// Whether all but attributes of the top directory was transferred.
    var lacksOnlyTopDirectory: Bool { lacksOnlyAttributes && state.withLock { $0.count(.attributes) == 0 } }
    /// Whether a session that lacks nothing has reported what a cutover may not have.
    var hasUnexpectedAtCutover: Bool {
        state.withLock { $0.warned + $0.foreseen > 0 || $0.counts.values.contains { $0 > 0 } }
    }
    /// Whether a session that ended with an error lacks nothing but what a job accepts.
    ///
    /// - Parameter error: What is wrong.
    /// - Returns: Whether it counts as transferred.
    func isAccepted(_ error: AgentError?) -> Bool {
        let kinds = accepted
        return state.withLock { state in
            guard state.failed == 0, state.count(.vanished) == 0 || kinds.contains(.vanished) else { return false }
            let hasChanges = state.discarded > 0 || error?.failure == .cutoverExceptions && state.count(.changed) > 0
            let found = [
                (state.count(.largeFiles) > 0, AcceptedException.largeFiles),
                (state.count(.attributes) + state.foreseen > 0, .attributes),
                (state.count(.topDirectoryAttributes) > 0, .topDirectoryAttributes), (hasChanges, .changed),
            ]
            let areKnown = found.contains { $0.0 } && found.allSatisfy { !$0.0 || kinds.contains($0.1) }
            return switch error?.failure {
            case .vanished: kinds.contains(.vanished)
            case .partial, .fileTooLarge: areKnown
            case .cutoverExceptions: areKnown && state.warned == 0
            default: false
            }
        }
    }

    package var lastWords: String? { state.withLock { $0.lastWords } }
}

extension MessageLevel {
    /// Whether it reports an error.
    fileprivate var isFailure: Bool {
        if case .info = self { false } else { true }
    }
}
