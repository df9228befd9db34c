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
        var findings: PassFindings
        var peerLines = 0
    }

    private let state: Mutex<State>
    private let display: ProgressDisplay

    /// Collects messages.
    ///
    /// - Parameters:
    ///   - root: The volume's path at the source, as messages show it.
    ///   - display: Shows them.
    package init(root: String = "", display: ProgressDisplay) {
        state = Mutex(State(findings: PassFindings(root: root)))
        self.display = display
    }

    package var wantsItems: Bool { false }
    package var wantsFileProgress: Bool { false }

    package func message(_ text: String, _ level: MessageLevel) {
        note(text, shown: text, level)
        display.message(text, level)
    }

    /// A line of the target: it is marked as such, and a target that sends endless text does not fill the log.
    package func peerMessage(_ line: [UInt8], _ level: MessageLevel) {
        let text = PrintableText.escaped(line)
        let shown = "target: \(text)"
        note(text, shown: shown, level)
        let count = state.withLock { state in
            state.peerLines += 1
            return state.peerLines
        }
        if count <= Self.listedLimit { display.message(shown, level) }
        if count == Self.listedLimit { display.message("further messages from the target are not shown", .warning) }
    }

    private func note(_ text: String, shown: String, _ level: MessageLevel) {
        state.withLock { state in
            guard state.findings.note(text, level) else { return }
            state.count += 1
            if state.listed.count < Self.listedLimit { state.listed.append(shown) }
            // rsync's last line only names a line of its source; the line before it says more.
            guard !text.hasPrefix("rsync error: ") || state.lastWords == nil else { return }
            state.lastWords = PrintableText.ofPeer(text)
        }
    }

    /// Takes in what the check has said of attributes of entries that the target cannot keep.
    func foresee(_ findings: [String]) {
        state.withLock { state in
            state.findings.foreseen += findings.count
            state.count += findings.count
            state.listed += findings.prefix(max(0, Self.listedLimit - state.listed.count)).map { "check: \($0)" }
        }
    }

    package func didChange(_ item: ItemReport) {}
    package func didDelete(name: [UInt8], isDirectory: Bool) {}
    package func didMove(name: [UInt8], offset: Int64, size: Int64) {}
    package func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {}

    package var exceptions: (listed: [String], count: Int) { state.withLock { ($0.listed, $0.count) } }

    /// Judges a session that ran to its end.
    ///
    /// - Parameters:
    ///   - exitCode: The session's.
    ///   - kind: The occasion of the pass.
    ///   - accepted: What the job accepts.
    ///   - refusal: Why the target deleted nothing, if it said so.
    /// - Returns: Whether the volume counts as transferred.
    package func verdict(
        exitCode: Int32,
        of kind: PassKind? = nil,
        accepting accepted: Set<AcceptedException> = [],
        refusal: AgentError? = nil
    ) -> PassVerdict {
        let (findings, messages) = state.withLock { ($0.findings, $0.count) }
        return PassVerdict(
            of: kind,
            accepting: accepted,
            exitCode: exitCode,
            findings,
            messages: messages,
            refusal: refusal
        )
    }

    package var lastWords: String? { state.withLock { $0.lastWords } }
}
