import LinuxSystem
import RsyncOptions
import RsyncWire
import Synchronization
import VolumeAccess

/// The destination's half of a session: receiver, generator and finishers on their threads (protocol specification,
/// session 7.1).
///
/// ## Concurrency model
/// The caller's thread receives; `generate` compares and requests, and owns the output; `finish` commits files. The
/// queue of events to the generator never blocks, so receiving never waits for the generator. What may be queued there
/// is bounded by other means: lists by the bytes that live lists may take (``FileListLimits``), answers by what was
/// written and not answered (``OpenRequests``), which the generator limits.
final class ReceivingSide {
    /// The most open requests before the generator waits for answers.
    ///
    /// Before protocol 30 there is no limit: a file that the sender cannot open is not answered.
    private var requestLimit: Int { state.parameters.dialect.hasErrorMessages ? 10_000 : .max }

    private let state: SessionState
    private let output: WireOutput
    private let channel: SessionChannel
    private let receiver: Receiver
    private let events = BoundedQueue<GeneratorEvent>(capacity: .max, name: "lists and finished files")
    /// Two, because the cost of a small file is mostly kernel time, and higher here than on any other thread.
    private let jobs = (0..<2).map { _ in BoundedQueue<[FileJob]>(capacity: 2 << 20, name: "received files") }
    private let open = OpenRequests()
    private var synchronizer: Synchronizer?

    init(state: SessionState, channel: SessionChannel, request: RequestedNames?) {
        self.state = state
        output = channel.output
        self.channel = channel
        receiver = Receiver(
            state: state,
            channel: channel,
            events: events,
            jobs: FileJobBatch(queues: jobs),
            open: open,
            request: request
        )
    }

    /// What the sender may be silently busy with.
    var senderWork: SenderWork { SenderWork(sendsKeepAlives: state.options.agent.sendsKeepAlives, open: open) }

    /// Runs the session from the first file list to the goodbye.
    ///
    /// - Parameters:
    ///   - argument: The destination.
    ///   - didReceiveFirst: Called when the first list is complete, before anything is sent.
    /// - Throws: The session's first failure.
    func run(into argument: DestinationArgument, after didReceiveFirst: () -> Void = {}) throws(EngineError) {
        var threads: [WorkerThread] = []
        state.interruptOnFailure(events)
        channel.read(for: receiver)
        do throws(WireError) {
            state.announceList(isSending: false)
            let (first, hasMore) = try receiver.readFirstLists()
            didReceiveFirst()
            state.announceList(isSending: false, count: first.count)
            // A server that has nothing to send stops here (protocol specification, session 7.7).
            guard first.count > 0 || state.isServer else { return }
            if !state.parameters.isIncremental { state.progress.completeList() }
            let destination = try openDestination(argument, first, hasMore)
            synchronizer = try synchronizer(for: destination)
            let isSourceEmpty = first.count <= 1 && !hasMore && (first.entries.first?.isDirectory ?? true)
            try start(&threads, destination, isSourceEmpty: isSourceEmpty)
            try receiver.run(into: destination)
        } catch {
            state.fail(.wire(error))
        }
        // Without a generator, this thread is the output's owner.
        if threads.isEmpty, let failure = state.failure { state.tell(failure, over: output) }
        for queue in jobs { queue.close() }
        for thread in threads { thread.join() }
        synchronizer?.end()
        if let failure = state.failure { throw failure }
    }

    private func openDestination(
        _ argument: DestinationArgument,
        _ first: FileList,
        _ hasMore: Bool
    ) throws(WireError) -> Destination {
        do throws(EngineError) {
            return try Destination.open(argument, for: first, isMore: hasMore, state: state)
        } catch {
            state.fail(error)
            throw error.asWireError
        }
    }

    /// The object that flushes the destination to its device, if that is requested.
    private func synchronizer(for destination: Destination) throws(WireError) -> Synchronizer? {
        do throws(EngineError) {
            return try state.execution.synchronizer(state, of: destination.volume)
        } catch {
            state.fail(error)
            throw error.asWireError
        }
    }

    /// Starts the generator and the finishers.
    ///
    /// - Parameters:
    ///   - threads: Gets the threads that run, also when a later one cannot be started.
    ///   - destination: Where files go.
    ///   - isSourceEmpty: Whether the source has nothing but its root.
    /// - Throws: ``WireError`` with exit code 14 when a thread cannot be started.
    private func start(
        _ threads: inout [WorkerThread],
        _ destination: Destination,
        isSourceEmpty: Bool
    ) throws(WireError) {
        let requester = WireRequester(state: state, output: output, open: open)
        let context = GeneratorContext(
            state: state,
            destination: destination,
            requester: requester,
            synchronizer: synchronizer
        )
        state.mentionDelta(isWanted: context.rules.wantsDelta)
        let generator = Generator(context)
        generator.deleter.isSourceEmpty = isSourceEmpty
        let session = GeneratorSession(
            state: state,
            output: output,
            generator: generator,
            events: events,
            open: open,
            requestLimit: requestLimit,
            synchronizer: synchronizer
        )
        // Each is used by its own thread only; what they share is the state, the open requests and the queues.
        let generating = HandedOver(session)
        do throws(SystemError) {
            threads.append(try WorkerThread(name: "dvm-generate") { generating.value.run() })
            let staging = SharedStaging()
            for (number, queue) in jobs.enumerated() {
                let finishing = HandedOver(
                    Finisher(
                        state: state,
                        destination: destination,
                        jobs: queue,
                        other: jobs[1 - number],
                        events: events,
                        staging: staging,
                        synchronizer: synchronizer
                    )
                )
                threads.append(try WorkerThread(name: "dvm-finish") { finishing.value.run() })
            }
        } catch {
            throw .violation("\(error)", exitCode: 14)
        }
    }
}
