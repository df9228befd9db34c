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
        /// Messages about files that are larger than a limit.
        var tooLarge = 0
        /// Messages about attributes that could not be set.
        var attributes = 0
        /// Messages about what else could not be transferred.
        var failed = 0

        /// Messages about files that vanished.
        var vanished = 0

        mutating func note(_ text: String, _ level: MessageLevel) {
            if text.hasPrefix("file has vanished: ") { vanished += 1 }
            if SessionResult.concernsLargeFile(text) {
                tooLarge += 1
            } else if SessionResult.concernsAttributes(text) {
                attributes += 1
            } else if case .warning = level {
                return
            } else if !text.hasPrefix("rsync error: ") {
                // That line only sums up the others.
                failed += 1
            }
        }
        var peerLines = 0
    }

    private let state = Mutex(State())
    private let display: ProgressDisplay

    package init(display: ProgressDisplay) { self.display = display }

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

    package func didChange(_ item: ItemReport) {}
    package func didDelete(name: [UInt8], isDirectory: Bool) {}
    package func didMove(name: [UInt8], offset: Int64, size: Int64) {}
    package func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {}

    package var exceptions: (listed: [String], count: Int) { state.withLock { ($0.listed, $0.count) } }
    /// Whether all that could not be transferred were files larger than a limit.
    var lacksOnlyLargeFiles: Bool { state.withLock { $0.tooLarge > 0 && $0.failed + $0.attributes == 0 } }
    /// Whether all contents were transferred and only attributes could not be set.
    var lacksOnlyAttributes: Bool { state.withLock { $0.attributes > 0 && $0.failed + $0.tooLarge == 0 } }
    /// Whether a session that ended with an exit code lacks nothing but what a job accepts.
    ///
    /// - Parameters:
    ///   - kinds: What is accepted.
    ///   - exitCode: The session's: 24 for vanished files alone, 23 with other exceptions.
    /// - Returns: Whether it counts as transferred.
    func areAccepted(_ kinds: Set<AcceptedException>, exitCode: Int32) -> Bool {
        state.withLock { state in
            guard state.vanished == 0 || kinds.contains(.vanished) else { return false }
            switch exitCode {
            case 24: return kinds.contains(.vanished)
            case 23:
                let isKnown = state.failed == 0 && state.tooLarge + state.attributes > 0
                return isKnown && (state.tooLarge == 0 || kinds.contains(.largeFiles))
                    && (state.attributes == 0 || kinds.contains(.attributes))
            default: return false
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
