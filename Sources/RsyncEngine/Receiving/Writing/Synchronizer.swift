import LinuxSystem
import RsyncOptions
import RsyncWire
import Synchronization
import VolumeAccess

/// Flushes what a session writes to the device before the session is complete, for `--fsync`.
///
/// The whole file system is synchronized, which costs one commit of its journal instead of one for each file:
/// periodically while files still arrive, so that little is left to write at the end and a failing disk is noticed
/// early, and once more at the end. The names of the files that are not on the device yet are kept, at most
/// ``journalLimit`` bytes of them: when data is lost, these files get a different time, so that a later pass sends them
/// again instead of taking them for complete.
///
/// ## Concurrency model
/// ``note(_:size:)`` may be called on any thread, and blocks when too many names are kept; ``finish(every:stayAlive:)``
/// is called at the session's end; the blocking system calls run on the thread `dvm-sync`.
final class Synchronizer: Sendable {
    /// The bytes of finished files after which the file system is synchronized.
    private static let step: Int64 = 256 << 20
    /// The bytes of their names after which it is synchronized.
    private static let nameStep = 2 << 20
    /// The most bytes of names that are kept while a synchronization is running.
    private static let journalLimit = 8 << 20
    /// How many files are checked for lost data, and how many of those are named.
    private static let (askedLimit, namedLimit) = (2000, 10)
    /// The number of written bytes of a large file after which write-back is started.
    static let pieceOfLargeFile: Int64 = 8 << 20

    private enum Work {
        case step
        case loss(VolumeError)
        case end
    }

    private let state: SessionState
    private let device: DeviceSync
    private let journal = BoundedQueue<[UInt8]>(capacity: journalLimit, name: "files to be written back")
    /// Unbounded, because the thread that drains it also adds to it.
    private let work = BoundedQueue<Work>(capacity: .max, name: "synchronizations")
    private let done = BoundedQueue<EngineError?>(capacity: 1, name: "end of the synchronization")
    private let pendingBytes = Atomic<Int64>(0)
    private let pendingNames = Atomic<Int>(0)
    private let isAtWork = Atomic<Bool>(false)
    private let hasEnded = Atomic<Bool>(false)
    private let hasTold = Atomic<Bool>(false)
    private let failure = Mutex<EngineError?>(nil)
    /// Files that were lost after the first loss was reported.
    private let lostLater = Mutex<[[UInt8]]>([])
    private let thread = Mutex<WorkerThread?>(nil)

    /// Watches the destination for lost data; nothing may have been written to it yet.
    init(state: SessionState, volume: Volume) throws(EngineError) {
        self.state = state
        do throws(VolumeError) {
            device = try DeviceSync(volume)
        } catch {
            throw .volume("the destination cannot be opened", error)
        }
        do throws(SystemError) {
            let started = try WorkerThread(name: "dvm-sync") { [self] in run() }
            thread.withLock { $0 = started }
        } catch {
            throw .usage("no thread could be started: \(error)", exitCode: 14)
        }
        state.interruptOnFailure(done)
    }

    /// Watches a file system that is mounted below the destination, before anything is written there.
    func add(_ directory: VolumeDirectory) throws(VolumeError) { try device.add(directory) }

    /// Records that a file has its content.
    ///
    /// - Parameters:
    ///   - path: Below the destination's root.
    ///   - size: The listed size in bytes.
    func note(_ path: [UInt8], size: Int64) {
        let weight = path.count + 64
        journal.push(path, weight: weight)
        pendingNames.add(weight, ordering: .relaxed)
        pendingBytes.add(min(max(size, 0), Self.step), ordering: .relaxed)
        beginStepIfDue()
    }

    /// Records that the content of an uncommitted file did not reach the device.
    func lose(_ error: VolumeError) { work.push(.loss(error)) }

    private func beginStepIfDue() {
        let isDue =
            pendingBytes.load(ordering: .relaxed) >= Self.step || pendingNames.load(ordering: .relaxed) >= Self.nameStep
        if isDue, !isAtWork.exchange(true, ordering: .acquiring) { work.push(.step) }
    }

    /// Waits until everything is on the device, at the end of the session; see ``flush(every:stayAlive:)``.
    func finish(every interval: Duration, stayAlive: () throws(WireError) -> Void) throws(WireError) -> EngineError? {
        hasEnded.store(true, ordering: .relaxed)
        return try flush(every: interval, stayAlive: stayAlive)
    }

    /// Waits until everything that is in place is on the device.
    ///
    /// - Parameters:
    ///   - interval: The interval at which `stayAlive` is called in the meantime.
    ///   - stayAlive: Sends the peer a keep-alive.
    /// - Returns: The loss; nil when nothing was lost.
    /// - Throws: ``WireError`` when the session ended in the meantime, and what `stayAlive` throws.
    func flush(every interval: Duration, stayAlive: () throws(WireError) -> Void) throws(WireError) -> EngineError? {
        let start = ContinuousClock.now
        work.push(.end)
        while true {
            switch done.pop(within: interval) {
            case .element(let loss):
                let elapsed = ContinuousClock.now - start
                state.count { $0.synchronization = ($0.synchronization ?? .zero) + elapsed }
                return loss
            case .timedOut: try stayAlive()
            case .closed: throw state.failure?.asWireError ?? .ended(field: "the end of the synchronization")
            }
        }
    }

    /// Ends the thread; called when nothing more is written.
    ///
    /// What an aborted session has put in place is flushed to the device as well: the next one builds on it.
    func end() {
        let isLeft = pendingNames.load(ordering: .relaxed) > 0 || failure.withLock { $0 != nil }
        if !hasEnded.load(ordering: .relaxed), isLeft { work.push(.end) }
        work.close()
        thread.withLock { $0.take() }?.join()
    }

    // MARK: the thread

    private func run() {
        while let next = work.pop() {
            switch next {
            case .end: done.push(synchronize().map(withoutRepeating))
            case .loss(let error):
                tell(remember(takeJournal(), error))
            case .step:
                let loss = synchronize()
                isAtWork.store(false, ordering: .releasing)
                if let loss { tell(loss) }
                // A thread that waits for space in the journal cannot trigger the step itself.
                beginStepIfDue()
            }
        }
    }

    /// Reports a loss while files still arrive.
    ///
    /// A stock sender that is busy sending misses a peer's last messages and reports a broken connection instead: it is
    /// told immediately, continues, and gets the exit code at the end.
    private func tell(_ loss: EngineError) {
        guard state.isServer, !state.options.agent.notes else { return state.fail(loss) }
        guard !hasTold.exchange(true, ordering: .relaxed) else { return }
        state.report("\(loss)", .errorTransfer)
    }

    /// The loss that ends the session; what the peer has already been told is not repeated.
    private func withoutRepeating(_ loss: EngineError) -> EngineError {
        guard hasTold.load(ordering: .relaxed), case .writeBack(_, let cause) = loss else { return loss }
        let later = lostLater.withLock { $0 }
        let more = later.isEmpty ? "" : ", and \(later.count) more: \(Self.list(later))"
        return .writeBack("the files are named above\(more)", cause)
    }

    /// Lists the first of some names.
    private static func list(_ paths: [[UInt8]]) -> String {
        let names = paths.prefix(namedLimit).map { "\"\(PrintableText.path($0))\"" }
        let more = paths.count > names.count ? " and \(paths.count - names.count) more" : ""
        return names.joined(separator: ", ") + more
    }

    private func takeJournal() -> [[UInt8]] {
        pendingBytes.store(0, ordering: .relaxed)
        pendingNames.store(0, ordering: .relaxed)
        var files: [[UInt8]] = []
        while let path = journal.tryPop() { files.append(path) }
        return files
    }

    private func synchronize() -> EngineError? {
        let files = takeJournal()
        do throws(VolumeError) {
            try device.run(files: files)
        } catch {
            return remember(files + takeJournal(), error)
        }
        // The disk is synchronized even after a loss: an error that the kernel has reported once is not reported to the
        // next session.
        guard let loss = failure.withLock({ $0 }) else { return nil }
        return remember(files, loss)
    }

    /// Keeps the first loss for the end, and marks the affected files.
    private func remember(_ files: [[UInt8]], _ cause: VolumeError) -> EngineError {
        if let loss = failure.withLock({ $0 }) {
            if case .writeBack(let path, _) = cause { lostLater.withLock { $0.append(path) } }
            return remember(files, loss)
        }
        let loss = lose(files, cause)
        failure.withLock { $0 = loss }
        return loss
    }

    private func remember(_ files: [[UInt8]], _ loss: EngineError) -> EngineError {
        _ = device.markIncomplete(files)
        return loss
    }

    /// Ensures that no later pass takes files that may have lost their content for complete.
    private func lose(_ files: [[UInt8]], _ cause: VolumeError) -> EngineError {
        var damaged = device.damaged(among: files, limit: Self.askedLimit).map(\.path)
        if case .writeBack(let path, _) = cause { damaged.insert(path, at: 0) }
        let missed = device.markIncomplete(files)
        var text = "not yet on disk: \(counted(files.count, "file"))"
        if !damaged.isEmpty {
            text += ", data was lost in \(Self.list(damaged))"
        }
        if !files.isEmpty { text += "; the next pass sends them again" }
        if missed > 0 { text += ", except for \(missed) that could not be marked" }
        return .writeBack(text, cause)
    }
}
