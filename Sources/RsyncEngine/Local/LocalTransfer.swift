import Checksums
import LinuxSystem
package import RsyncOptions
import RsyncWire
import VolumeAccess

/// Copies from local directories to a local directory, without a protocol between them.
///
/// ## Concurrency model
/// Thread `walk` lists the sources ahead; the caller's thread compares and creates directories, links and nodes; two
/// threads `copy` copy file contents in the kernel and commit them. The queues between them are bounded, except the one
/// for events of finished files.
package struct LocalTransfer {
    private static let copierCount = 2
    private static let jobLimit = 4096

    private let options: TransferOptions
    private let observer: any TransferObserver
    private let progress: TransferProgress
    /// Wraps the executor of the generator's decisions, for tests.
    private let interpose: (any Executor) -> any Executor
    /// The sources that cannot be opened.
    package var failedSources: [SourceFailure] = []

    /// Prepares a transfer.
    ///
    /// - Parameters:
    ///   - options: What to do.
    ///   - observer: Follows the transfer; called from its threads.
    ///   - progress: Counters for a progress display.
    package init(
        options: TransferOptions,
        observer: any TransferObserver,
        progress: TransferProgress = TransferProgress()
    ) {
        self.init(options: options, observer: observer, progress: progress, interpose: { $0 })
    }

    /// Prepares a transfer with a wrapper around the executor of its decisions.
    init(
        options: TransferOptions,
        observer: any TransferObserver,
        progress: TransferProgress = TransferProgress(),
        interpose: @escaping (any Executor) -> any Executor
    ) {
        self.options = options
        self.observer = observer
        self.progress = progress
        self.interpose = interpose
    }

    /// Copies.
    ///
    /// - Parameters:
    ///   - sources: The directories and files to copy.
    ///   - argument: The destination.
    /// - Returns: The result.
    package func run(_ sources: [SourceRoot], into argument: DestinationArgument) -> SessionResult {
        var parameters = SessionParameters()
        parameters.dialect = options.wire.dialect
        if options.takesIncrementalRecursion, parameters.dialect.hasCompatibilityFlags {
            parameters.flags = [.incrementalRecursion]
        }
        parameters.checksum = options.wire.checksumChoice ?? .xxh128
        parameters.fileChecksum = options.wire.fileChecksumChoice ?? parameters.checksum
        let state = SessionState(
            options: options,
            parameters: parameters,
            isServer: false,
            role: "sender",
            observer: observer,
            progress: progress
        )
        do throws(EngineError) {
            try copy(sources, into: argument, state)
        } catch {
            state.fail(error)
        }
        return SessionResult(state, state.failure, sent: state.statistics.literalData, received: 0)
    }

    private func copy(
        _ sources: [SourceRoot],
        into argument: DestinationArgument,
        _ state: SessionState
    ) throws(EngineError) {
        try check(state)
        state.note(failedSources)
        let lists = BoundedQueue<FileList>(capacity: SourceWalker.readAhead, name: "file lists")
        let jobs = BoundedQueue<[TransferPlan]>(capacity: Self.jobLimit, name: "files to copy")
        let events = BoundedQueue<GeneratorEvent>(capacity: .max, name: "copied files")
        state.interruptOnFailure(lists, jobs, events)
        state.announceList(isSending: true)
        let walker = SourceWalker(sources: sources, state: state, lists: lists, keepsValues: true)
        let walking = HandedOver(walker)
        var threads = [try thread("dvm-walk") { walking.value.run() }]
        var synchronizer: Synchronizer?
        defer {
            lists.cancel()
            jobs.close()
            for thread in threads { thread.join() }
            synchronizer?.end()
        }
        let start = ContinuousClock.now
        guard let first = lists.pop() else { return }
        state.noteListBuilt(since: start)
        state.announceList(isSending: true, count: first.count)
        let second = lists.pop()
        let destination = try Destination.open(argument, for: first, isMore: (second?.count ?? 0) > 0, state: state)
        synchronizer = try state.execution.synchronizer(state, of: destination.volume)
        let replacing = SharedLock()
        for _ in 0..<Self.copierCount {
            let copier = LocalCopier(
                state: state,
                table: walker.table,
                destination: destination,
                jobs: jobs,
                events: events,
                synchronizer: synchronizer,
                replacing: replacing
            )
            let copying = HandedOver(copier)
            threads.append(try thread("dvm-copy") { copying.value.run() })
        }
        let session = LocalSession(
            state: state,
            destination: destination,
            table: walker.table,
            synchronizer: synchronizer,
            jobs: jobs,
            events: events,
            interpose: interpose
        )
        defer { session.end() }
        for list in [first, second].compactMap(\.self) { try session.take(list) }
        while let list = lists.pop(), !state.hasFailed { try session.take(list) }
        try session.finish()
        jobs.close()
        state.mentionMatches()
        if let failure = state.failure { throw failure }
    }

    /// Rejects options that cannot be carried out.
    private func check(_ state: SessionState) throws(EngineError) {
        try state.checkAttributeOptions()
        do throws(WireError) {
            try state.parameters.dialect.check(options, isLocal: true)
        } catch {
            throw .wire(error)
        }
    }

    private func thread(_ name: String, _ body: @escaping @Sendable () -> Void) throws(EngineError) -> WorkerThread {
        do throws(SystemError) {
            return try WorkerThread(name: name, body)
        } catch {
            throw .usage("no thread could be started: \(error)", exitCode: 14)
        }
    }
}
