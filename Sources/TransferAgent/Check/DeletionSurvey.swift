import RsyncEngine
import RsyncOptions
import RsyncWire
import Synchronization
import Transport
import VolumeAccess

/// Counts with a dry run what a pass would delete, for targets that cannot guard deletions themselves: stock
/// ones, and older ones of ours.
struct DeletionSurvey {
    let volume: VolumeJob
    /// The pass's source.
    let source: SourceRoot
    let job: SourceJob
    let call: CancellableCall
    let display: ProgressDisplay
    /// Slows down what is sent, or pauses it.
    var pace = SessionPace()

    /// How to proceed.
    struct Answer {
        /// The connection to use next; nil for a new one.
        var stream: (any ByteStream)?
        /// Whether a dry run was tried.
        var hasCounted = false
    }

    /// Counts and decides; blocks the calling thread.
    ///
    /// A target that accepts a single connection is not queried as long as the source has entries: the pass goes on
    /// with a warning. For a source without entries, the dry run has the connection.
    ///
    /// - Parameter open: A connection on which nothing was exchanged yet; closed when this throws.
    /// - Returns: How to go on.
    /// - Throws: ``AgentError`` when the pass may not go on.
    func run(over open: (any ByteStream)?) throws(AgentError) -> Answer {
        guard volume.brake.isSet else { return Answer(stream: open) }
        let start = ContinuousClock.now
        var hasHandedOn = false
        defer { if !hasHandedOn { open?.close() } }
        let isEmpty = try isSourceEmpty()
        if isEmpty, !volume.brake.allowsEmptySource {
            hasHandedOn = true
            let stream = if let open { open } else { try job.route.connect(for: call) }
            try count(over: stream, by: DeletionCounter())
            return Answer(hasCounted: true)
        }
        let counter = DeletionCounter()
        do throws(AgentError) {
            try countAside(by: counter)
        } catch {
            // Once the target has taken part in a session, a second connection is not what it lacks.
            guard open != nil, !counter.hasBegun, error.failure.mayComeOfSecondCall, !call.isCancelled else {
                throw error
            }
            let text = "volume \(volume.name): deletions cannot be counted in advance: \(error.observed)"
            display.message(text, .warning)
        }
        // A connection that was idle for long may have been cut.
        hasHandedOn = .now - start < .seconds(20)
        return Answer(stream: hasHandedOn ? open : nil, hasCounted: true)
    }

    /// Counts over a separate connection from the one that the pass uses.
    private func countAside(by counter: DeletionCounter) throws(AgentError) {
        // The target may still count our connection before this one.
        let deadline = ContinuousClock.now + CancellableCall.afterglow
        while true {
            do throws(AgentError) {
                return try count(over: try job.route.connect(for: call), by: counter)
            } catch {
                guard error.failure == .targetBusy, call.mayTryAgain(before: deadline) else { throw error }
            }
        }
    }

    private func count(over stream: any ByteStream, by observer: DeletionCounter) throws(AgentError) {
        var options = volume.options
        options.dryRun = true
        // Only then does a target of protocol 30 report what it would delete.
        options.output.itemize = max(options.output.itemize, 1)
        // Which files have changed matters little here, and content is not to be read twice.
        options.comparison.checksum = false
        options.comparison.comparesNanoseconds = false
        var session = ClientSession(stream: stream, options: options, observer: observer)
        session.pace = pace
        let result = session.run(module: Array(volume.module.utf8), .push([source], to: []), login: job.login)
        if let failure = result.failure { throw AgentError(failure, lastWords: observer.lastWords) }
        let figures = result.statistics
        let deletions = max(Int64(figures.deleted.total), observer.count)
        // The root is listed, but is not one of its own entries.
        let entries = max(0, Int64(figures.listed.total) - 1 - Int64(figures.created.total)) + deletions
        try volume.brake.judge(deletions: deletions, of: entries, isSourceEmpty: figures.listed.total <= 1)
    }

    /// Whether nothing of the source would be listed.
    private func isSourceEmpty() throws(AgentError) -> Bool {
        do throws(VolumeError) {
            let listing = try source.volume.root.list()
            return !(0..<listing.count).contains { listing.nameBytes($0) != Array("lost+found".utf8) }
        } catch {
            throw AgentError(source: volume.path, error)
        }
    }
}

extension FailureClass {
    /// Whether a connection may have failed only because there was one already.
    fileprivate var mayComeOfSecondCall: Bool {
        switch self {
        case .connectionRefused, .connectionLost, .connectTimeout, .unreachable, .handshakeEnded, .handshakeSilent,
            .silence,
            .tunnelBroken, .notTLS, .daemonSilent, .targetBusy, .proxyCannotReach, .proxyRefused, .proxyTargetTimeout:
            true
        default: false
        }
    }
}

/// Counts the names that a dry run would delete.
///
/// ## Concurrency model
/// `state` is touched by the session's threads and read after they have ended.
private final class DeletionCounter: TransferObserver {
    private let state = Mutex<(count: Int64, lastWords: String?, hasBegun: Bool)>((0, nil, false))

    var wantsItems: Bool { false }
    var wantsFileProgress: Bool { false }
    var count: Int64 { state.withLock { $0.count } }
    var lastWords: String? { state.withLock { $0.lastWords } }
    /// Whether the handshake and the first file list were complete.
    var hasBegun: Bool { state.withLock { $0.hasBegun } }

    func message(_ text: String, _ level: MessageLevel) {
        if case .info = level { return }
        // rsync's last line only names a line of its source; the line before it says more.
        state.withLock { if !text.hasPrefix("rsync error: ") || $0.lastWords == nil { $0.lastWords = text } }
    }

    func didDelete(name: [UInt8], isDirectory: Bool) { state.withLock { $0.count += 1 } }
    func didChange(_ item: ItemReport) {}
    func didMove(name: [UInt8], offset: Int64, size: Int64) {}
    func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {
        if isComplete { state.withLock { $0.hasBegun = true } }
    }
}
