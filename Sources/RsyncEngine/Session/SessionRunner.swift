import LinuxSystem
import RsyncOptions
import RsyncWire

/// Runs the sender's or the receiver's half of a session over a channel whose handshake is done.
struct SessionRunner {
    let state: SessionState
    let channel: SessionChannel

    /// Sends the sources.
    ///
    /// - Throws: The session's first failure.
    func send(_ sources: [SourceRoot]) throws(EngineError) {
        let lists = BoundedQueue<FileList>(capacity: SourceWalker.readAhead, name: "file lists")
        let requests = BoundedQueue<[ReceiverEvent]>(capacity: RequestReader.queueLimit, name: "requests")
        let walker = SourceWalker(sources: sources, state: state, lists: lists)
        let reader = RequestReader(state: state, channel: channel, events: requests)
        channel.read(for: reader)
        let work = ReceiverWork(state)
        let watch = try watch(work)
        defer { watch?.stop() }
        state.interruptOnFailure(channel.haste, channel.lastWords, lists, requests, channel.source)
        var threads: [WorkerThread] = []
        state.announceList(isSending: true)
        do throws(EngineError) {
            let sender = try makeSender(walker.table, lists, requests, work)
            threads = try start(walker, reader)
            try sender.run()
        } catch {
            state.fail(error)
        }
        if let failure = state.failure { state.tell(failure, over: channel.output) }
        do throws(EngineError) { try settle() } catch { state.fail(error) }
        lists.cancel()
        requests.cancel()
        channel.source.interrupt()
        for thread in threads { thread.join() }
        if let failure = state.failure { throw failure }
    }

    /// Starts the silence watch if a limit is set; the streams then have no other timeout.
    private func watch(_ rule: any SilenceRule) throws(EngineError) -> SilenceWatch? {
        guard let limit = state.options.limits.silenceLimit else { return nil }
        channel.setTimeout(seconds: 0)
        return try SilenceWatch(channel, state, limit: limit, rule: rule)
    }

    /// Waits until everything written has left this side.
    private func settle() throws(EngineError) {
        do throws(WireError) {
            try channel.settle()
        } catch {
            throw .wire(error)
        }
    }

    private func makeSender(
        _ table: SourceTable,
        _ lists: BoundedQueue<FileList>,
        _ requests: BoundedQueue<[ReceiverEvent]>,
        _ work: ReceiverWork
    ) throws(EngineError) -> Sender {
        do throws(WireError) {
            return try Sender(
                state: state,
                channel: channel,
                table: table,
                lists: lists,
                requests: requests,
                peer: work
            )
        } catch {
            throw .wire(error)
        }
    }

    private func start(_ walker: SourceWalker, _ reader: RequestReader) throws(EngineError) -> [WorkerThread] {
        // Each is used by its own thread only; what they share is the state and the queues.
        let (walking, reading) = (HandedOver(walker), HandedOver(reader))
        do throws(SystemError) {
            return [
                try WorkerThread(name: "dvm-walk") { walking.value.run() },
                try WorkerThread(name: "dvm-requests") { reading.value.run() },
            ]
        } catch {
            throw .usage("no thread could be started: \(error)", exitCode: 14)
        }
    }

    /// Receives into a destination.
    ///
    /// - Parameters:
    ///   - destination: The destination directory.
    ///   - request: The names that a client requested; nil on a server.
    ///   - didReceiveFirst: Called when the first list is complete, before anything is sent.
    /// - Throws: The session's first failure.
    func receive(
        into destination: DestinationArgument,
        request: RequestedNames?,
        after didReceiveFirst: () -> Void = {}
    ) throws(EngineError) {
        let side = ReceivingSide(state: state, channel: channel, request: request)
        let watch = try watch(side.senderWork)
        defer { watch?.stop() }
        state.interruptOnFailure(channel.haste, channel.lastWords, channel.source)
        try side.run(into: destination, after: didReceiveFirst)
        try settle()
    }
}
