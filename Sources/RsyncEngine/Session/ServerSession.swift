import Glibc
import LinuxSystem
import ProcessSupport
package import RsyncOptions
package import RsyncWire
package import Transport
import VolumeAccess

/// The server's side of a session, over a remote shell or in a daemon.
///
/// Blocks the calling thread; run it on its own thread.
package struct ServerSession {
    private let observer: any TransferObserver
    private let progress: TransferProgress
    private let preferences: TransferOptions.Preferences
    /// Whether the observer prints this side's messages when the client asks for that (`--stderr=all`); a daemon has
    /// nowhere to print them.
    package var printsOwnMessages = false
    /// Ends the session on request; nil when nobody requests that.
    var stop: SessionStop?

    /// Prepares a session.
    ///
    /// - Parameters:
    ///   - observer: Follows the session; messages for the client are sent to it.
    ///   - progress: Counters for a progress display.
    ///   - preferences: What is negotiated over a remote shell.
    package init(
        observer: any TransferObserver,
        progress: TransferProgress = TransferProgress(),
        preferences: TransferOptions.Preferences = TransferOptions.Preferences()
    ) {
        self.preferences = preferences
        self.observer = observer
        self.progress = progress
    }

    /// Serves one client over a remote shell.
    ///
    /// - Parameters:
    ///   - vector: The arguments after the program's name, from `--server` on.
    ///   - stream: Standard input and output; closed when the session ends.
    ///   - prepare: Called with what the client asks for, before anything is done.
    /// - Returns: The result.
    package func run(
        arguments vector: [[UInt8]],
        over stream: any ByteStream,
        prepare: (ServerArguments) -> Void = { _ in }
    ) -> SessionResult {
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
            if let conflict = arguments.options.serverConflict { throw .violation(conflict, exitCode: 1) }
            arguments.options.preferences = preferences
            try assumeUser(arguments.options)
        } catch {
            channel.close(after: .wire(error))
            return SessionResult(failure: .wire(error))
        }
        prepare(arguments)
        var place = ServedPlace(base: nil)
        // No shell has done it.
        place.expandsWildcards = arguments.isSecluded
        return serve(arguments, version: nil, place: place, over: channel)
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
        // Old clients send messages, and so frames, only for this (protocol specification, session 6.1).
        if arguments.isSender, options.selection.removesSources { channel.input.startMultiplexing() }
        options.limits.silenceLimit = Self.silenceLimit(options, parameters.dialect)
        // A stock client sends its filter list only when its file list is built, which may take any time.
        let limit = options.limits.silenceLimit.map { options.agent.sendsKeepAlives ? Int($0.components.seconds) : 0 }
        channel.setTimeout(seconds: limit ?? options.wire.timeout)
        let early = makeState(options, parameters, place, isSending: arguments.isSender)
        let messages = EarlyMessages(early)
        channel.input.messages = messages
        defer { withExtendedLifetime(messages) {} }
        do throws(EngineError) {
            // Only daemons announce a limit; a remote shell's client has passed its own.
            if version != nil { try announceLimit(options, over: channel) }
            if let refusal = place.refusal(of: arguments) { throw refusal }
            if !arguments.isSender { try early.checkAttributeOptions() }
            try readFilters(arguments, parameters.dialect, from: channel, into: &options)
        } catch {
            early.fail(error)
            early.tell(early.failure ?? error, over: channel.output)
            return end(early, channel)
        }
        do throws(EngineError) {
            try settleNames(arguments, place, over: channel, in: &options)
            let hidden = arguments.isSender ? nil : HiddenPlaces(options, destination: arguments.paths.first ?? [])
            if let refusal = hidden?.destinationRefusal(in: place.sources) { throw refusal }
        } catch {
            early.fail(error)
            early.tell(early.failure ?? error, over: channel.output)
            return end(early, channel)
        }
        let state = makeState(options, parameters, place, isSending: arguments.isSender)
        stop?.begin(state)
        let runner = SessionRunner(state: state, channel: channel)
        var timer: StopTimer?
        defer { timer?.cancel() }
        do throws(EngineError) {
            timer = try options.wire.stop.map { (time) throws(EngineError) in try StopTimer(time, state) }
            if arguments.isSender {
                try runner.send(open(arguments.paths, place, state, channel))
            } else {
                let path = arguments.paths.first ?? []
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

    /// Opens the sources; the client is told why if that is refused.
    private func open(
        _ paths: [[UInt8]],
        _ place: ServedPlace,
        _ state: SessionState,
        _ channel: SessionChannel
    ) throws(EngineError) -> [SourceRoot] {
        do throws(EngineError) {
            return try place.open(paths, state: state)
        } catch {
            state.fail(error)
            state.tell(error, over: channel.output)
            throw error
        }
    }

    /// Gets the names of `--files-from` to the side that sends (protocol specification, session 8.3).
    private func settleNames(
        _ arguments: ServerArguments,
        _ place: ServedPlace,
        over channel: SessionChannel,
        in options: inout TransferOptions
    ) throws(EngineError) {
        do throws(WireError) {
            switch options.selection.filesFrom {
            case nil, .names: return
            case .stream:
                guard arguments.isSender else { throw .violation("--files-from=- has no sender here", exitCode: 1) }
                options.selection.filesFrom = .names(try FileNames.read(from: channel.input))
            case .file(let path, let isNULSeparated):
                // Unlike with stock, whose messages show what is in a hidden file.
                if ModuleFilters(options, in: [])?.hides(SidePath.normalized(path), isDirectory: false) == true {
                    let (shown, reason) = (PrintableText.path(path), SystemError.text(of: ENOENT))
                    throw .violation("failed to open files-from file \(shown): \(reason)", exitCode: 1)
                }
                let limit = min(FileNames.limit, (options.limits.listMemory ?? .max) / 4)
                let rule = place.sources.rule(options.selection.links)
                let contents = try place.contents(ofNames: path, limit: limit, by: rule)
                let names = FileNames(
                    file: contents,
                    isNULSeparated: isNULSeparated,
                    hasComments: arguments.isSender
                )
                options.selection.filesFrom = .names(names)
                guard !arguments.isSender else { return }
                try names.write(to: channel.output)
                try channel.output.flush()
            }
        } catch {
            throw .wire(error)
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
            isServer: true,
            role: isSending ? "sender" : "receiver",
            observer: observer,
            progress: progress,
            mapsNames: place.mapsNames,
            lockReach: place.lockReach,
            printsOwnMessages: printsOwnMessages,
            place: place.sources
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
    /// Whether wildcards in the user's own paths are expanded; those of a module always are.
    var expandsWildcards = false
    /// Whether a module is the root of the file system for rsync (``SourcePlace``).
    var isRoot = true
    var isReadOnly = false
    var isWriteOnly = false
    /// Whether owners are matched by name, unless the client forbids it.
    var mapsNames = true
    /// The error for options that may not be used here, for example an unknown one.
    var optionRefusal: EngineError?

    init(base: Volume?, module: [UInt8] = []) {
        self.base = base
        self.module = module
    }

    /// Why a request is refused (protocol specification, session 9.4); nil if it is not.
    func refusal(of arguments: ServerArguments) -> EngineError? {
        if let optionRefusal { return optionRefusal }
        if let refusal = arguments.refusal { return .wire(refusal) }
        if !arguments.isSender, isReadOnly { return .usage("ERROR: module is read only", exitCode: 1) }
        if arguments.isSender, isReadOnly, arguments.options.selection.removesSources {
            return .usage("ERROR: --remove-source-files cannot be used with a read-only module", exitCode: 1)
        }
        var readsNames = false
        if case .file = arguments.options.selection.filesFrom { readsNames = true }
        // A receiving side sends its client the names in the file.
        if arguments.isSender || readsNames, isWriteOnly {
            return .usage("ERROR: module is write only", exitCode: 1)
        }
        return nil
    }

    /// Reads a file of names; in a daemon, one of the module.
    ///
    /// - Throws: ``WireError`` if it cannot be read, or has more than `limit` bytes.
    func contents(ofNames path: [UInt8], limit: Int, by rule: PathRule) throws(WireError) -> [UInt8] {
        do throws(VolumeError) {
            let directory = try sources.open([])
            let inside = base == nil ? path : SidePath.normalized(path)
            let file = try directory.root.openForReading(path: inside, by: rule)
            guard file.status.size <= Int64(limit) else {
                throw .system(operation: "read", path: path, number: EFBIG)
            }
            var contents = [UInt8](repeating: 0, count: Int(file.status.size))
            var span = contents.mutableSpan
            let count = try file.read(into: &span, at: 0)
            contents.removeSubrange(count...)
            return contents
        } catch {
            let reason = error.number.map(SystemError.text) ?? "\(error)"
            throw .violation("failed to open files-from file \(PrintableText.path(path)): \(reason)", exitCode: 1)
        }
    }

    /// What paths are relative to.
    var sources: SourcePlace { base.map { .module($0, name: module, isRoot: isRoot) } ?? .user }

    /// The paths that an argument stands for: itself when nothing matches.
    private func expanded(_ path: [UInt8], _ options: TransferOptions) -> [[UInt8]] {
        if let base { return ModuleGlob(base, hidden: ModuleFilters(options, in: [])).expand(path) }
        let found = expandsWildcards && path.contains(where: "*?[".utf8.contains) ? matchingPaths(path) : []
        return found.isEmpty ? [path] : found
    }

    /// Opens the sources that a client names; a missing one is reported and skipped.
    func open(_ paths: [[UInt8]], state: SessionState) throws(EngineError) -> [SourceRoot] {
        var resolver = SourceResolver(sources, state.options)
        let (roots, failures) = try resolver.open(paths.flatMap { expanded($0, state.options) })
        state.note(failures)
        return roots
    }
}
