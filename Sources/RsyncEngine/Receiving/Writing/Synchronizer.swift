import LinuxSystem
import RsyncOptions
import RsyncWire
import Synchronization
import VolumeAccess

/// Brings what a session writes to the device before the session is complete, for `--fsync`.
///
/// The file system is synchronized whole, which costs one commit of its journal instead of one for each file: now and then
/// while files still come, so that the end has little left to write and a failing disk shows early, and once more at the
/// end. The names of the files that are not on the device yet are kept, at most ``journalLimit`` bytes of them: when data
/// gets lost, these files get another time, so that a later pass sends them again instead of taking them for complete.
///
/// ## Concurrency model
/// ``note(_:size:)`` from any thread, which waits when too many names are kept; ``finish(every:stayAlive:)`` from the
/// session's end; the calls that block run on the thread `dvm-sync`.
final class Synchronizer: Sendable {
    /// After how many bytes of finished files the file system is synchronized.
    private static let step: Int64 = 256 << 20
    /// After how many bytes of their names.
    private static let nameStep = 2 << 20
    /// How many bytes of names are kept while the file system is at work.
    private static let journalLimit = 8 << 20
    /// How many files are asked for lost data, and how many of them are named.
    private static let (askedLimit, namedLimit) = (2000, 10)
    /// After how many written bytes of a large file it begins to be written back.
    static let pieceOfLargeFile: Int64 = 8 << 20

    private enum Work {
        case step
        case loss(VolumeError)
        case end
    }

    private let state: SessionState
    private let device: DeviceSync
    private let journal = BoundedQueue<[UInt8]>(capacity: journalLimit, name: "files to be written back")
    /// Unbounded, since the thread that empties it adds to it, too.
    private let work = BoundedQueue<Work>(capacity: .max, name: "synchronizations")
    private let done = BoundedQueue<EngineError?>(capacity: 1, name: "end of the synchronization")
    private let pendingBytes = Atomic<Int64>(0)
    private let pendingNames = Atomic<Int>(0)
    private let isAtWork = Atomic<Bool>(false)
    private let hasEnded = Atomic<Bool>(false)
    private let hasTold = Atomic<Bool>(false)
    private let failure = Mutex<EngineError?>(nil)
    /// Files that were lost after the first loss was told.
    private let lostLater = Mutex<[[UInt8]]>([])
    private let thread = Mutex<WorkerThread?>(nil)

    /// Watches the destination, to which nothing has been written yet.
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

    /// A file got its content.
    ///
    /// - Parameters:
    ///   - path: Below the destination's root.
    ///   - size: Bytes, as listed.
    func note(_ path: [UInt8], size: Int64) {
        let weight = path.count + 64
        journal.push(path, weight: weight)
        pendingNames.add(weight, ordering: .relaxed)
        pendingBytes.add(min(max(size, 0), Self.step), ordering: .relaxed)
        beginStepIfDue()
    }

    /// The content of a file that has not got its name did not get to the device.
    func lose(_ error: VolumeError) { work.push(.loss(error)) }

    private func beginStepIfDue() {
        let isDue =
            pendingBytes.load(ordering: .relaxed) >= Self.step || pendingNames.load(ordering: .relaxed) >= Self.nameStep
        if isDue, !isAtWork.exchange(true, ordering: .acquiring) { work.push(.step) }
    }

    /// Waits until everything is on the device.
    ///
    /// - Parameters:
    ///   - interval: How often `stayAlive` is called meanwhile.
    ///   - stayAlive: Shows the peer that this side is there.
    /// - Returns: What was lost; nil when nothing was.
    /// - Throws: ``WireError`` when the session ended meanwhile, and what `stayAlive` throws.
    func finish(every interval: Duration, stayAlive: () throws(WireError) -> Void) throws(WireError) -> EngineError? {
        hasEnded.store(true, ordering: .relaxed)
        let start = ContinuousClock.now
        work.push(.end)
        while true {
            switch done.pop(within: interval) {
            case .element(let loss):
                let elapsed = ContinuousClock.now - start
                state.count { $0.synchronization = elapsed }
                return loss
            case .timedOut: try stayAlive()
            case .closed: throw state.failure?.asWireError ?? .ended(field: "the end of the synchronization")
            }
        }
    }

    /// Ends the thread; nothing is written any more.
    ///
    /// What a session that broke off has put into place is brought to the device as well: the next one builds on it.
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
                // Whoever waits for room in the journal cannot ask any more.
                beginStepIfDue()
            }
        }
    }

    /// Tells of a loss while files still come.
    ///
    /// A stock sender that is busy sending misses a peer's last words and reports a broken connection instead: it is told
    /// at once, goes on, and gets the exit code at the end.
    private func tell(_ loss: EngineError) {
        guard state.isServer, !state.options.agent.notes else { return state.fail(loss) }
        guard !hasTold.exchange(true, ordering: .relaxed) else { return }
        state.report("\(loss)", .errorTransfer)
    }

    /// The loss that ends the session; what the peer has been told already is not said twice.
    private func withoutRepeating(_ loss: EngineError) -> EngineError {
        guard hasTold.load(ordering: .relaxed), case .writeBack(_, let cause) = loss else { return loss }
        let later = lostLater.withLock { $0 }
        let more = later.isEmpty ? "" : ", and there are \(later.count) more: \(Self.list(later))"
        return .writeBack("files are named above\(more)", cause)
    }

    /// The first of some names.
    private static func list(_ paths: [[UInt8]]) -> String {
        let names = paths.prefix(namedLimit).map { "\"\(printable($0))\"" }
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
        // After a loss the disk is asked all the same: what the kernel has told once it does not tell the next session.
        guard let loss = failure.withLock({ $0 }) else { return nil }
        return remember(files, loss)
    }

    /// Keeps the first loss for the end, and marks the files that a loss concerns.
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

    /// Sees to it that no later pass takes files for complete that may have lost their content.
    private func lose(_ files: [[UInt8]], _ cause: VolumeError) -> EngineError {
        var damaged = device.damaged(among: files, limit: Self.askedLimit).map(\.path)
        if case .writeBack(let path, _) = cause { damaged.insert(path, at: 0) }
        let missed = device.markIncomplete(files)
        var text = files.count == 1 ? "1 file was not on the disk yet" : "\(files.count) files were not on the disk yet"
        if !damaged.isEmpty {
            text += ", data was lost of \(Self.list(damaged))"
        }
        if !files.isEmpty { text += "; the next pass sends them again" }
        if missed > 0 { text += " but for \(missed) that could not be marked" }
        return .writeBack(text, cause)
    }
}
