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
        let reader = RequestReader(input: channel.input, state: state, events: requests)
        channel.input.onMessage = messageHandler(notSent: nil)
        channel.source.beforeWait = { () throws(WireError) in reader.handOver() }
        let (source, input, work) = (channel.source, channel.input, ReceiverWork(state))
        let watch = try watch { work.allowance }
        defer { watch?.stop() }
        state.onFailure(channel.limitEnd)
        state.onFailure {
            lists.cancel()
            requests.cancel()
            source.interrupt()
        }
        var threads: [WorkerThread] = []
        do throws(EngineError) {
            let sender = try makeSender(sources, lists, requests)
            sender.bytesRead = { input.bytesRead }
            sender.peer = work
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

    /// Watches for silence, where a limit is set; what the streams wait for has no other end then.
    private func watch(
        _ allowance: @escaping @Sendable () -> SilenceAllowance
    ) throws(EngineError) -> SilenceWatch? {
        guard let limit = state.options.limits.silenceLimit else { return nil }
        channel.setTimeout(seconds: 0)
        return try SilenceWatch(channel, state, limit: limit, allowance: allowance)
    }

    /// Waits until all that was written has left this side.
    private func settle() throws(EngineError) {
        do throws(WireError) {
            try channel.settle()
        } catch {
            throw .wire(error)
        }
    }

    private func makeSender(
        _ sources: [SourceRoot],
        _ lists: BoundedQueue<FileList>,
        _ requests: BoundedQueue<[ReceiverEvent]>
    ) throws(EngineError) -> Sender {
        do throws(WireError) {
            return try Sender(
                state: state,
                output: channel.output,
                sources: sources,
                lists: lists,
                requests: requests
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
    ///   - destination: Where files go.
    ///   - request: What a client asked for; nil on a server.
    /// - Throws: The session's first failure.
    func receive(into destination: DestinationArgument, request: RequestedNames?) throws(EngineError) {
        let side = ReceivingSide(state: state, channel: channel, request: request)
        channel.input.onMessage = messageHandler { (index) throws(WireError) in try side.noteNotSent(index) }
        channel.source.beforeWait = { () throws(WireError) in try side.beforeWait() }
        let watch = try watch(side.allowance)
        defer { watch?.stop() }
        let source = channel.source
        state.onFailure(channel.limitEnd)
        state.onFailure { source.interrupt() }
        try side.run(into: destination)
        try settle()
    }

    // MARK: messages

    /// Deals with the messages between the frames (protocol specification, session 6.3).
    private func messageHandler(
        notSent: ((Int32) throws(WireError) -> Void)?
    ) -> (Message) throws(WireError) -> Void {
        let (state, channel) = (state, channel)
        return { [weak channel] (message) throws(WireError) in
            switch message.tag {
            case .info: state.relay(message.payload, .info)
            case .warning: state.relay(message.payload, .warning)
            case .error: state.relay(message.payload, .error)
            case .errorTransfer: state.relay(message.payload, .errorTransfer)
            case .deleted: state.relayDeletion(message.payload)
            case .ioError: state.add(SessionState.ErrorBits(rawValue: (message.number ?? 0) & 7))
            case .noSend:
                guard let notSent, let number = message.number else {
                    throw .violation("an unexpected message \(message.tag)", exitCode: 2)
                }
                try notSent(number)
            case .errorExit:
                // A peer that stops without a code, or with one that would pass for success, ended the stream early.
                let told = message.number ?? 0
                let code = (1...255).contains(told) ? told : WireError.ended(field: "").exitCode
                state.fail(.peerExit(code))
                throw .violation("the peer stopped with exit code \(code)", exitCode: code)
            case .tally: if state.options.agent.tallies { state.takeTally(TransferTally(payload: message.payload)) }
            case .agentNote:
                if let note = AgentNote(message.payload) { state.take(note) }
            case .ioTimeout:
                guard let number = message.number, state.adopt(timeout: number) else { break }
                if state.options.limits.silenceLimit == nil { channel?.setTimeout(seconds: state.timeout) }
            case .noop, .success, .data: break
            }
        }
    }
}

extension SessionState {
    /// Passes a peer's text on; only a client shows it, control characters escaped.
    fileprivate func relay(_ payload: [UInt8], _ level: MessageLevel) {
        guard !isServer else { return }
        if case .errorTransfer = level { noteTransferError() }
        for line in payload.split(separator: UInt8(ascii: "\n")) { observer.peerMessage(shown(line), level) }
    }

    fileprivate func relayDeletion(_ payload: [UInt8]) {
        guard !isServer else { return }
        let isDirectory = payload.last == 0
        observer.didDelete(name: isDirectory ? payload.dropLast() : payload, isDirectory: isDirectory)
    }
}
