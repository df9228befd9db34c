package import Checksums
import LinuxSystem
package import RsyncOptions
package import RsyncWire
package import Transport

/// The result of a session.
package struct SessionResult: Sendable {
    /// rsync's exit code: 0, 23, 24 or 25 if the session ran to its end, otherwise the failure's.
    package let exitCode: Int32
    /// Why it ended early; nil if it ran to its end.
    package let failure: EngineError?
    /// The session's statistics.
    package let statistics: SessionStatistics
    /// The dialect that was negotiated, if any.
    package let dialect: Dialect
    /// The end of the sender's message about a file that became shorter while it was read.
    package static let becameShorter = "it became shorter"

    /// Whether a message, from either side, is about a file that exceeds a size limit.
    package static func concernsLargeFile(_ message: String) -> Bool {
        // After the last quote, and so not in a name.
        guard message.hasPrefix("rsync: "), let quote = message.lastIndex(of: "\"") else { return false }
        return message[quote...].contains(SessionState.tooLarge)
    }

    /// Whether a message, from either side, is about attributes that could not be set on an entry.
    package static func concernsAttributes(_ message: String) -> Bool {
        // Before the first quote, and so not in a name.
        guard message.hasPrefix("rsync: "), let quote = message.firstIndex(of: "\"") else { return false }
        let operation = message[...quote]
        return SessionState.attributesNotSet.contains { operation.contains($0) }
    }

    init(_ state: SessionState, _ failure: EngineError?, sent: Int64, received: Int64) {
        self.failure = failure
        exitCode = failure?.exitCode ?? state.outcomeCode
        var statistics = state.statistics
        statistics.bytesSent = sent
        statistics.bytesReceived = received
        statistics.countsCreated = state.parameters.dialect.hasItemFlags
        statistics.countsDeleted = state.parameters.dialect.hasLongGoodbye
        self.statistics = statistics
        dialect = state.parameters.dialect
    }

    /// The result of a session that never began.
    package init(failure: EngineError) {
        self.failure = failure
        exitCode = failure.exitCode
        statistics = SessionStatistics()
        dialect = Dialect.newest
    }
}

/// The client's side of a session with a server over a remote shell or with a daemon.
///
/// Blocks the calling thread; run it on its own thread.
package struct ClientSession: Sendable {
    /// The direction of the transfer.
    package enum Direction: Sendable {
        /// From here to a path on the server.
        case push([SourceRoot], to: [UInt8])
        /// From paths on the server to here.
        case pull([[UInt8]], into: DestinationArgument)
    }

    /// The credentials for a daemon.
    package struct Login: Sendable {
        /// The user's name.
        package let user: String
        /// Computes the response to a challenge (`AuthenticationExchange`); only called if the daemon sends one.
        package let proof: Proof

        /// Computes the response to a challenge with a digest.
        package typealias Proof =
            @Sendable (_ challenge: [UInt8], _ digest: AuthenticationDigest) throws(EngineError) -> [UInt8]

        /// A user whose responses are computed without revealing the password here.
        package init(user: String, proof: @escaping Proof) {
            self.user = user
            self.proof = proof
        }

        /// A user whose password is looked up when the daemon requests it.
        package init(user: String, password: @escaping @Sendable () throws(EngineError) -> [UInt8]) {
            self.init(user: user) { (challenge, digest) throws(EngineError) in
                let password = try password()
                return AuthenticationExchange.response(password: password.span, challenge: challenge, digest: digest)
            }
        }
    }

    private let stream: any ByteStream
    var options: TransferOptions
    private let observer: any TransferObserver
    private let progress: TransferProgress
    /// How the server gets its arguments.
    package var passing = ArgumentPassing()
    /// What a daemon gets for its `early exec`, at most 5,120 bytes (`--early-input`).
    package var earlyInput: [UInt8] = []
    /// The sources of a push that cannot be opened.
    package var failedSources: [SourceFailure] = []
    /// Ends the session on request; nil when nobody requests that.
    package var stop: SessionStop?
    /// Changes how fast this side sends; nil when nobody does.
    package var pace: SessionPace?
    /// The additional work of a visit; nil for an ordinary session.
    var visit: Visit?

    /// Prepares a session with a server.
    ///
    /// - Parameters:
    ///   - stream: The connection to the server; closed when the session ends.
    ///   - options: What to do.
    ///   - observer: Follows the session; called from its threads.
    ///   - progress: Counters for a progress display.
    package init(
        stream: any ByteStream,
        options: TransferOptions,
        observer: any TransferObserver,
        progress: TransferProgress = TransferProgress()
    ) {
        self.stream = stream
        self.options = options
        self.observer = observer
        self.progress = progress
    }

    /// Runs a session with a server that a remote shell started.
    ///
    /// - Parameter direction: The direction of the transfer; the server got its arguments from ``ServerArguments``.
    /// - Returns: The result.
    package func run(_ direction: Direction) -> SessionResult {
        run { channel throws(EngineError) in
            if passing.isSecluded {
                try writeSecluded(serverArguments(direction), over: channel)
            }
            return try transfer(direction, version: nil, over: channel)
        }
    }

    /// Shows what the server is told (`--debug=cmd`).
    private func mention(_ what: String, _ words: [[UInt8]]) {
        guard options.output.debugLevel(.cmd) > 0 else { return }
        observer.information(Array(what.utf8) + ArgumentQuoting.shown(words))
    }

    private func writeSecluded(
        _ arguments: ServerArguments,
        over channel: SessionChannel
    ) throws(EngineError) {
        mention("protected args: ", arguments.secludedWords)
        try write(arguments.secludedWords, isSecluded: true, over: channel)
    }

    private func write(
        _ arguments: [[UInt8]],
        isSecluded: Bool = false,
        in dialect: Dialect = .newest,
        over channel: SessionChannel
    ) throws(EngineError) {
        do throws(WireError) {
            try ArgumentStream.write(arguments, isSecluded: isSecluded, in: dialect, to: channel.output)
        } catch {
            throw .wire(error)
        }
    }

    /// Runs a session with a daemon.
    ///
    /// - Parameters:
    ///   - module: The module's name.
    ///   - direction: The direction of the transfer; paths are relative to the module.
    ///   - login: The credentials, for a module that requires a password.
    /// - Returns: The result.
    package func run(module: [UInt8], _ direction: Direction, login: Login) -> SessionResult {
        run { channel throws(EngineError) in
            let version = try open(module, login, over: channel)
            let dialect = Dialect(version)
            var arguments = serverArguments(direction, in: dialect)
            if options.comparison.comparesNanoseconds, dialect.listsNanoseconds {
                arguments.options.comparison.modifyWindow = arguments.options.comparison.modifyWindow ?? -1
            }
            arguments.paths = arguments.paths.map {
                ArgumentQuoting.daemonPath(module: module, path: $0, isSecluded: passing.isSecluded)
            }
            let words = passing.isSecluded ? arguments.firstWords : arguments.encodedForDaemon
            mention("sending daemon args: ", words)
            try write(words, in: dialect, over: channel)
            if passing.isSecluded { try writeSecluded(arguments, over: channel) }
            return try transfer(direction, version: version, over: channel)
        }
    }

    /// Requests a daemon's list of modules; each line is passed to the observer.
    ///
    /// - Returns: The result.
    package func listModules() -> SessionResult {
        run { channel throws(EngineError) in
            let client = daemonClient(over: channel)
            do throws(WireError) {
                try client.list()
            } catch {
                throw .wire(error)
            }
            return makeState(SessionParameters(), isSending: false)
        }
    }

    /// The arguments that the server of a direction needs.
    ///
    /// - Parameters:
    ///   - direction: The direction of the transfer.
    ///   - dialect: The dialect of a daemon's greeting; nil over a remote shell.
    /// - Returns: The arguments.
    package func serverArguments(_ direction: Direction, in dialect: Dialect? = nil) -> ServerArguments {
        let dialect = dialect ?? options.wire.dialect
        let (isSender, paths): (Bool, [[UInt8]]) =
            switch direction {
            case .push(_, let path): (isSender: false, [path])
            case .pull(let paths, _): (isSender: true, paths)
            }
        return ServerArguments(
            options: options,
            isSender: isSender,
            dialect: dialect,
            paths: paths,
            passing: passing
        )
    }

    // MARK: steps

    private func run(_ body: (SessionChannel) throws(EngineError) -> SessionState) -> SessionResult {
        let channel: SessionChannel
        do throws(EngineError) {
            channel = try SessionChannel(stream: stream, bandwidthLimit: options.wire.bandwidthLimit, pace: pace)
        } catch {
            stream.close()
            return SessionResult(failure: error)
        }
        channel.setTimeout(seconds: options.wire.timeout)
        var state = makeState(SessionParameters(), isSending: true)
        var failure: EngineError?
        do throws(EngineError) {
            state = try body(channel)
            failure = state.failure
        } catch {
            failure = error
        }
        channel.close(after: failure)
        return SessionResult(
            state,
            failure,
            sent: channel.output.bytesWritten,
            received: channel.input.bytesRead
        )
    }

    private func makeState(_ parameters: SessionParameters, isSending: Bool) -> SessionState {
        SessionState(
            options: options,
            parameters: parameters,
            isServer: false,
            role: isSending ? "sender" : "receiver",
            observer: observer,
            progress: progress,
            pace: pace
        )
    }

    private func daemonClient(over channel: SessionChannel) -> DaemonClient {
        let observer = observer
        let onText = { (line: [UInt8]) throws(WireError) in observer.greeting(line) }
        return DaemonClient(
            version: options.wire.dialect.version,
            input: channel.input,
            output: channel.output,
            earlyInput: earlyInput,
            onText: onText
        )
    }

    private func open(_ module: [UInt8], _ login: Login, over channel: SessionChannel) throws(EngineError) -> Int32 {
        var passwordFailure: EngineError?
        let client = daemonClient(over: channel)
        let greeting: Greeting
        do throws(WireError) {
            greeting = try client.greeting()
        } catch {
            throw .noGreeting(error)
        }
        visit?.onStep(.greeted(version: greeting.settled(own: options.wire.dialect.version)))
        let user = Array(login.user.utf8)
        let credentials = DaemonClient.Credentials(user: user) { (challenge, digest) throws(WireError) in
            visit?.onStep(.passwordAsked)
            if options.output.debugLevel(.nstr) > 0 {
                observer.message("Client negotiated daemon auth checksum: \(digest.name)", .info)
            }
            do throws(EngineError) {
                return try login.proof(challenge, digest)
            } catch {
                passwordFailure = error
                throw error.asWireError
            }
        }
        do throws(WireError) {
            let version = try client.open(module: module, after: greeting, credentials: credentials)
            visit?.onStep(.admitted)
            return version
        } catch {
            if let passwordFailure { throw passwordFailure }
            if case .violation(let line, 5) = error { throw .refused(line) }
            throw .wire(error)
        }
    }

    /// Performs the binary part: handshake, filters, files (protocol specification, session 4 and 8.1).
    ///
    /// Returns the state even if the session failed; it then has the failure.
    private func transfer(
        _ direction: Direction,
        version: Int32?,
        over channel: SessionChannel
    ) throws(EngineError) -> SessionState {
        let parameters: SessionParameters
        do throws(WireError) {
            parameters = try Handshake.client(options, version: version, input: channel.input, output: channel.output)
            switch direction {
            case .push:
                if options.sendsFilters(parameters.dialect) {
                    try options.selection.filters.write(for: .receiver, to: channel.output)
                }
            case .pull:
                if options.selection.removesSources { channel.output.startMultiplexing() }
                try options.selection.filters.write(for: .sender, to: channel.output)
            }
            try channel.output.flush()
        } catch {
            throw .wire(error)
        }
        try visit?.work(VisitLine(channel: channel, dialect: parameters.dialect))
        var isSending = false
        if case .push = direction { isSending = true }
        let state = makeState(parameters, isSending: isSending)
        stop?.begin(state)
        state.mentionAlgorithms()
        let runner = SessionRunner(state: state, channel: channel)
        do throws(EngineError) {
            switch direction {
            case .push(let sources, _):
                state.note(failedSources)
                let names = try namesForPush(over: channel)
                try runner.send(names == nil ? sources : sources.map { $0.sending(names) })
            case .pull(let paths, let destination):
                try state.checkAttributeOptions()
                let request = RequestedNames(
                    paths: paths,
                    options.selection,
                    areExpanded: passing.oldLevel > 0
                )
                var writer: WorkerThread?
                defer { writer?.join() }
                if case .names(let names)? = options.selection.filesFrom {
                    writer = try write(names, over: channel, state)
                }
                try runner.receive(into: destination, request: request, after: { writer?.join() })
            }
        } catch {
            state.fail(error)
        }
        return state
    }

    // MARK: names of --files-from

    /// The names that the server reads from its own file for a push.
    private func namesForPush(over channel: SessionChannel) throws(EngineError) -> FileNames? {
        guard case .file? = options.selection.filesFrom else { return nil }
        do throws(WireError) {
            return try FileNames.read(from: channel.input)
        } catch {
            throw .wire(error)
        }
    }

    /// Sends the names for a pull while the server's list already comes.
    private func write(
        _ names: FileNames,
        over channel: SessionChannel,
        _ state: SessionState
    ) throws(EngineError) -> WorkerThread {
        let output = HandedOver(channel.output)
        do throws(SystemError) {
            return try WorkerThread(name: "dvm-names") {
                do throws(WireError) {
                    try names.write(to: output.value)
                    try output.value.flush()
                } catch {
                    state.fail(.wire(error))
                }
            }
        } catch {
            throw .usage("no thread could be started: \(error)", exitCode: 14)
        }
    }
}
