import LinuxSystem
import ProcessSupport
import RsyncOptions
import RsyncWire
package import Transport
import VolumeAccess

/// The server's side of a session, over a remote shell or in a daemon.
///
/// Blocks the calling thread; run it on its own thread.
package struct ServerSession {
    private let observer: any TransferObserver
    private let progress: TransferProgress

    /// Prepares a session.
    ///
    /// - Parameters:
    ///   - observer: Follows the session; messages for the client are sent to it.
    ///   - progress: Counters for a progress display.
    package init(observer: any TransferObserver, progress: TransferProgress = TransferProgress()) {
        self.observer = observer
        self.progress = progress
    }

    /// Serves one client over a remote shell.
    ///
    /// - Parameters:
    ///   - vector: The arguments after the program's name, from `--server` on.
    ///   - stream: Standard input and output; closed when the session ends.
    /// - Returns: The result.
    package func run(arguments vector: [[UInt8]], over stream: any ByteStream) -> SessionResult {
        let channel: SessionChannel
        var arguments = ServerArguments(parsing: vector, from: .shell)
        do throws(EngineError) {
            channel = try SessionChannel(stream: stream, bandwidthLimit: arguments.options.wire.bandwidthLimit)
        } catch {
            stream.close()
            return SessionResult(failure: error)
        }
        do throws(WireError) {
            if arguments.isSecluded {
                let rest = try ArgumentStream.read(from: channel.input, isSecluded: true)
                arguments = ServerArguments(parsing: vector + rest, from: .shell)
            }
            if let refusal = arguments.refusal { throw refusal }
            try assumeUser(arguments.options)
        } catch {
            channel.close(after: .wire(error))
            return SessionResult(failure: .wire(error))
        }
        return serve(arguments, version: nil, place: ServedPlace(base: nil), over: channel)
    }

    /// Runs the binary part of a session.
    ///
    /// - Parameters:
    ///   - arguments: The client's request.
    ///   - version: The version negotiated by a daemon's greeting; nil over a remote shell.
    ///   - place: The directory that the arguments' paths are relative to, and what is allowed there.
    ///   - channel: Closed when the session ends.
    /// - Returns: The result.
    func serve(
        _ arguments: ServerArguments,
        version: Int32?,
        place: ServedPlace,
        over channel: SessionChannel
    ) -> SessionResult {
        var options = arguments.options
        var parameters = SessionParameters()
        do throws(WireError) {
            parameters = try Handshake.server(arguments, version: version, input: channel.input, output: channel.output)
        } catch {
            channel.close(after: .wire(error))
            return SessionResult(failure: .wire(error))
        }
        options.limits.silenceLimit = Self.silenceLimit(options, parameters.dialect)
        // A stock client sends its filter list only when its file list is built, which may take any time.
        let limit = options.limits.silenceLimit.map { options.agent.sendsKeepAlives ? Int($0.components.seconds) : 0 }
        channel.setTimeout(seconds: limit ?? options.wire.timeout)
        let early = makeState(options, parameters, place, isSending: arguments.isSender)
        do throws(EngineError) {
            // Only daemons announce a limit; a remote shell's client has passed its own.
            if version != nil { try announceLimit(options, over: channel) }
            if let refusal = place.refusal(of: arguments) { throw refusal }
            if !arguments.isSender { try early.checkAttributeOptions() }
            try readFilters(arguments, parameters.dialect, from: channel, into: &options)
        } catch {
            early.fail(error)
            early.tell(error, over: channel.output)
            return end(early, channel)
        }
        let state = makeState(options, parameters, place, isSending: arguments.isSender)
        let runner = SessionRunner(state: state, channel: channel)
        do throws(EngineError) {
            if arguments.isSender {
                try runner.send(place.sources(arguments.paths, state: state))
            } else {
                let path = arguments.paths.first ?? []
                if ModuleFilters(options, in: [])?.hides(path, isDirectory: true) == true {
                    throw .usage("ERROR: daemon has excluded destination \"\(printable(path))\"", exitCode: 3)
                }
                try runner.receive(into: DestinationArgument(base: place.base, path: path), request: nil)
            }
        } catch {
            state.fail(error)
        }
        return end(state, channel)
    }

    /// Becomes the user of `--copy-as`, which concerns the whole process.
    private func assumeUser(_ options: TransferOptions) throws(WireError) {
        do throws(EngineError) {
            try ProcessUser.assume(copyAs: options.attributes.copyAs)
        } catch {
            throw error.asWireError
        }
    }

    /// The longest silence of a client, if it is judged by what is received from it.
    ///
    /// From protocol 31 on, a stock client adopts the announced limit, and sends keep-alives while it waits; an older
    /// one does so only with its own `--timeout`.
    private static func silenceLimit(_ options: TransferOptions, _ dialect: Dialect) -> Duration? {
        guard let limit = options.limits.silenceLimit, !dialect.announcesTimeout, !options.agent.sendsKeepAlives else {
            return options.limits.silenceLimit
        }
        return options.wire.timeout > 0 ? max(limit, .seconds(options.wire.timeout)) : nil
    }

    /// Announces to the client after how many seconds of silence this side gives up (protocol specification, session
    /// 10.1).
    private func announceLimit(_ options: TransferOptions, over channel: SessionChannel) throws(EngineError) {
        let seconds = options.limits.silenceLimit.map { Int($0.components.seconds) } ?? options.wire.timeout
        guard seconds > 0, channel.output.dialect.announcesTimeout else { return }
        do throws(WireError) {
            try channel.output.message(.ioTimeout, number: Int32(clamping: seconds))
            try channel.output.flush()
        } catch {
            throw .wire(error)
        }
    }

    private func end(_ state: SessionState, _ channel: SessionChannel) -> SessionResult {
        channel.close(after: state.failure)
        return SessionResult(
            state,
            state.failure,
            sent: channel.output.bytesWritten,
            received: channel.input.bytesRead
        )
    }

    /// Reads the client's rules, and adds those that its options imply.
    private func readFilters(
        _ arguments: ServerArguments,
        _ dialect: Dialect,
        from channel: SessionChannel,
        into options: inout TransferOptions
    ) throws(EngineError) {
        let reader = FilterReader(userCVSPatterns: FilterReader.userCVSPatterns)
        if arguments.expectsFilters(dialect) {
            do throws(WireError) {
                options.selection.filters = try FilterList.read(from: channel.input, reader: reader)
            } catch {
                throw .wire(error)
            }
        }
        guard arguments.isSender, options.selection.cvsExclude else { return }
        do throws(FilterError) {
            try options.selection.filters.appendCVSRules(reader)
        } catch {
            throw .usage(error.description, exitCode: error.exitCode)
        }
    }

    private func makeState(
        _ options: TransferOptions,
        _ parameters: SessionParameters,
        _ place: ServedPlace,
        isSending: Bool
    ) -> SessionState {
        SessionState(
            options: options,
            parameters: parameters,
            module: place.module,
            isServer: true,
            role: isSending ? "sender" : "receiver",
            observer: observer,
            progress: progress,
            mapsNames: place.mapsNames,
            lockReach: place.lockReach
        )
    }
}

/// The directory that a server's paths are relative to, and what a client may do there.
struct ServedPlace {
    /// A module's root; nil over a remote shell, where paths are the user's own.
    var base: Volume?
    /// The module's name, for messages; empty over a remote shell.
    var module: [UInt8] = []
    /// The reach of the volume's writer lock, for the client's statistics (``TransferTally/lockReach``).
    var lockReach: Int64 = 0
    var isReadOnly = false
    var isWriteOnly = false
    /// Whether owners are matched by name, unless the client forbids it.
    var mapsNames = true
    /// The error for options that may not be used here, for example an unknown one.
    var optionRefusal: EngineError?

    init(base: Volume?) { self.base = base }

    /// Why a request is refused (protocol specification, session 9.4); nil if it is not.
    func refusal(of arguments: ServerArguments) -> EngineError? {
        if let optionRefusal { return optionRefusal }
        if let refusal = arguments.refusal { return .wire(refusal) }
        if !arguments.isSender, isReadOnly { return .usage("ERROR: module is read only", exitCode: 1) }
        if arguments.isSender, isWriteOnly { return .usage("ERROR: module is write only", exitCode: 1) }
        return nil
    }

    /// Opens the sources that a client names; a missing one is reported and skipped.
    func sources(_ paths: [[UInt8]], state: SessionState) -> [SourceRoot] {
        let hidden = ModuleFilters(state.options, in: [])
        let named = base.map { base in
            paths.flatMap { ModuleGlob(base, hidden: hidden).paths(for: $0) }
        }
        return (named ?? paths).compactMap { path in
            do throws(VolumeError) {
                guard let base else { return try SourceRoot.argument(path) }
                return try SourceRoot.argument(path, in: base)
            } catch {
                let number = error.number ?? 22
                state.report(state.describe("change_dir", path, number: number, role: "sender"), .errorTransfer)
                return nil
            }
        }
    }
}
