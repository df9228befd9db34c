import AgentControl
import Glibc
import LinuxSystem
import RsyncEngine
import RsyncOptions
import RsyncWire
import Synchronization
import VolumeAccess
import VolumeCapacity

/// Determines with a dry run what a pass will really send, replace and delete.
struct DifferenceSurvey {
    let step: TargetCheckStep
    let facts: TargetFacts
    let client: ControlClient

    /// Runs a session that changes nothing; blocks the calling thread.
    ///
    /// - Returns: What the pass needs.
    /// - Throws: ``AgentError`` when the session fails.
    func run() throws(AgentError) -> PassMeter {
        var options = step.volume.options
        options.dryRun = true
        options.comparison.comparesNanoseconds = facts.comparesNanoseconds
        options.agent.sendsKeepAlives = client.sendsKeepAlives
        let observer = SurveyObserver(PassMeter(facts.profiles), step, client)
        defer { observer.close() }
        let stream = try step.job.route.connect(for: step.call)
        let session = ClientSession(stream: stream, options: options, observer: observer)
        let module = Array(step.volume.module.utf8)
        let result = session.run(module: module, .push([step.source], to: []), login: step.job.login)
        if let failure = result.failure { throw AgentError(failure, lastWords: observer.lastWords) }
        return observer.finish()
    }
}

/// Feeds a meter with the results of a dry run.
///
/// ## Concurrency model
/// The session's threads call it, several at a time; all that it has is guarded by `state`, the client among it, whose
/// answers the calling thread waits for.
private final class SurveyObserver: TransferObserver, @unchecked Sendable {
    private struct Waiting {
        let path: [UInt8]
        /// Of a file that is replaced: its new length, and without holes; nil for what is deleted.
        let replaced: (size: Int64, stored: Int64)?
    }

    private struct State {
        var meter: PassMeter
        var client: ControlClient
        /// Whether the conversation is a second one, for which this object answers.
        var isRenewed = false
        var waiting: [Waiting] = []
        var pathBytes = 0
        var lastWords: String?
        /// The target no longer answers: nothing counts as freed.
        var isDeaf = false
    }

    private let lock = Mutex(())
    private var state: State
    private let step: TargetCheckStep

    private var source: Volume { step.source.volume }
    private var name: String { step.volume.module }

    init(_ meter: PassMeter, _ step: TargetCheckStep, _ client: ControlClient) {
        self.step = step
        state = State(meter: meter, client: client)
    }

    var wantsItems: Bool { true }
    var wantsFileProgress: Bool { false }
    var lastWords: String? { lock.withLock { _ in state.lastWords } }

    func message(_ text: String, _ level: MessageLevel) {
        if case .info = level { return }
        lock.withLock { _ in state.lastWords = text }
    }

    func didMove(name: [UInt8], offset: Int64, size: Int64) {}
    func fileList(isSending: Bool, isIncremental: Bool, isComplete: Bool, count: Int) {}

    func didDelete(name: [UInt8], isDirectory: Bool) {
        lock.withLock { _ in wait(Waiting(path: name, replaced: nil)) }
    }

    func didChange(_ item: ItemReport) {
        let kind = FileKind(mode: item.mode)
        let stored = kind == .regular ? storedSize(of: item.name) : nil
        lock.withLock { _ in
            if item.flags.contains(.isNew) {
                guard item.hardLink.isEmpty else { return state.meter.addName(item.name) }
                let size = kind == .symbolicLink ? Int64(item.target.count) : item.size
                state.meter.addNew(item.name, PassEntry(kind), size: kind == .directory ? 0 : size, stored: stored)
            } else if item.flags.contains(.transfer) {
                wait(Waiting(path: item.name, replaced: (item.size, stored ?? item.size)))
            } else if item.flags.contains(.localChange), kind != .directory {
                // A link or node comes in place of another, through a temporary name.
                state.meter.addChanged(size: Int64(item.target.count), allocatedBefore: 0)
            }
        }
    }

    /// The space for a file's data without its holes: what is allocated here, plus a margin where block sizes differ.
    private func storedSize(of path: [UInt8]) -> Int64? {
        let parts = PathParts(path)
        // A file that is gone in the meantime is not sent either.
        guard let status = try? source.directory(parts.parent.span).status(of: parts.leaf.span), status.isSparse else {
            return nil
        }
        return (Amount(status.allocated) + Amount(status.allocated) / 32 + 64 * 1024).value
    }

    // MARK: what the target frees

    private func wait(_ entry: Waiting) {
        state.waiting.append(entry)
        state.pathBytes += entry.path.count
        if state.pathBytes >= ControlClient.pathBytesLimit - 4096 || state.waiting.count >= 2000 { settle() }
    }

    private func settle() {
        let waiting = state.waiting
        state.waiting = []
        state.pathBytes = 0
        guard !waiting.isEmpty else { return }
        var sizes = waiting.map { _ in Int64(0) }
        if !state.isDeaf {
            if let answer = ask(waiting.map(\.path)) { sizes = answer } else { state.isDeaf = true }
        }
        for (entry, allocated) in zip(waiting, sizes) {
            if let (size, stored) = entry.replaced {
                // A target answers 0 for what has further names, and for what is empty.
                state.meter.addChanged(
                    size: size,
                    stored: stored,
                    allocatedBefore: allocated,
                    staysBehind: allocated == 0
                )
            } else {
                state.meter.addRemoved(allocated: allocated)
            }
        }
    }

    /// Asks; once more in a new conversation when the target has ended this one, as it does with those that are quiet
    /// for long while the volume is gone through.
    private func ask(_ paths: [[UInt8]]) -> [Int64]? {
        if let sizes = try? state.client.allocated(paths, inVolume: name) { return sizes }
        // Whatever is wrong with the target, the session will tell better.
        guard case .ours(let client) = try? step.job.callTarget(for: step.call) else { return nil }
        close()
        state.client = client
        state.isRenewed = true
        return try? client.allocated(paths, inVolume: name)
    }

    /// Ends a conversation that this object began.
    func close() { if state.isRenewed { state.client.close() } }

    /// Handles the rest, after the session has ended.
    func finish() -> PassMeter {
        lock.withLock { _ in
            settle()
            return state.meter
        }
    }
}

extension PassEntry {
    fileprivate init(_ kind: FileKind) {
        switch kind {
        case .regular: self = .file
        case .directory: self = .directory
        case .symbolicLink: self = .symbolicLink
        case .unknown, .fifo, .socket, .characterDevice, .blockDevice: self = .special
        }
    }
}
