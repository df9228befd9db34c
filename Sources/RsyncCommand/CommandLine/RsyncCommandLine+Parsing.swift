package import LinuxSystem
import ProcessSupport
import RsyncEngine
import RsyncOptions
import RsyncWire

extension RsyncCommandLine {
    /// Reads an argument vector.
    ///
    /// - Parameters:
    ///   - arguments: The arguments after the program's name; bytes, since names need not be UTF-8.
    ///   - environment: The process's environment.
    ///   - onRejection: Gets the log that is named before the argument that is wrong, and which links lead there.
    /// - Throws: ``CommandError``; an unknown argument is never ignored.
    package init(
        parsing arguments: [[UInt8]],
        environment: [String: String] = [:],
        onRejection: (_ logFile: [UInt8], PathRule) -> Void = { _, _ in }
    ) throws(CommandError) {
        let surroundings = OptionSurroundings(
            userCVSPatterns: FilterReader.userCVSPatterns,
            readFile: Self.patternFile
        )
        var parser = ClientParser(Self.presets(environment) + arguments, surroundings)
        do throws(CommandError) {
            try self.init(arguments, environment, &parser)
        } catch {
            if let path = parser.options.settings.logFile {
                onRejection(path, parser.options.transfer.selection.links.paths.unlimited)
            }
            throw error
        }
    }

    private init(
        _ arguments: [[UInt8]],
        _ environment: [String: String],
        _ parser: inout ClientParser
    ) throws(CommandError) {
        self.init(mode: .information(.help), options: TransferOptions(), settings: ClientSettings())
        do throws(OptionError) {
            if let mode = try Self.serving(arguments) {
                self.mode = mode
                return
            }
            try parser.run()
        } catch {
            throw CommandError(error)
        }
        do throws(OptionError) {
            try parser.completeFilters()
        } catch {
            throw CommandError(error)
        }
        (options, settings) = (parser.options.transfer, parser.options.settings)
        options.preferences = TransferOptions.Preferences(environment: environment, forServer: false)
        // `-h` is about numbers, but on its own it requests help.
        let isHelp = arguments.count == 1 && parser.operands.isEmpty && settings.humanLevel > 1
        if isHelp { return }
        if let request = parser.options.request {
            mode = .information(request)
            return
        }
        try checkOptions()
        try settlePassing(environment)
        if options.placement.partial, options.placement.partialPlace == nil, !options.placement.writesInPlace {
            options.placement.partialDirectory = environment["RSYNC_PARTIAL_DIR"].map { Array($0.utf8) }
        }
        options.addImpliedRules()
        try setMode(parser.operands)
        if case .transfer(let job) = mode, job.carrier == .local, !settings.passing.remoteOptions.isEmpty {
            // The other end is a server, which does not know that it is on the same machine.
            options.wire.wholeFile = options.wire.wholeFile ?? true
        }
        try findNames()
        try checkCarrier()
    }

    /// What `--server` and `--daemon` ask for; nil for a client's arguments.
    private static func serving(_ arguments: [[UInt8]]) throws(OptionError) -> Mode? {
        let (server, daemon) = (Array("--server".utf8), Array("--daemon".utf8))
        let options = ClientParser.options(among: arguments)
        // A server's names follow a dot. A remote shell's command may have options before the word, as for
        // `--rsync-path="rsync --confine-root=/dir"`.
        let dot = arguments.firstIndex(of: [UInt8(ascii: ".")]) ?? arguments.count
        let place = options.first { $0 < dot && arguments[$0] == server }
        // Only this word moves to the front: what follows may be names.
        var others = arguments
        if let place { others.remove(at: place) }
        guard options.contains(where: { arguments[$0] == daemon && (place == nil || $0 < dot) }) else {
            return place == nil ? nil : .server([server] + others)
        }
        let settings = try DaemonSettings(parsing: others)
        if settings.asksForHelp { return .information(.help) }
        return place == nil ? .daemon(settings) : .daemonOverShell(settings)
    }

    private static func patternFile(
        _ path: [UInt8],
        _ what: String,
        by rule: PathRule
    ) throws(OptionError) -> [UInt8] {
        do throws(SystemError) {
            return try SmallFile(path, by: rule, dashIsStandardInput: true).contents()
        } catch {
            let name = String(decoding: path, as: UTF8.self)
            let text = "rsync: [client] failed to open \(what) file \(name): \(SystemText(error.number))"
            throw .failed(error.withLinkNote(text), exitCode: 11)
        }
    }

    private mutating func checkOptions() throws(CommandError) {
        let (dialect, supported) = (options.wire.dialect, Dialect.supported)
        if dialect.isTooNew {
            throw .failed("--protocol must be no more than \(supported.upperBound).", exitCode: 2)
        }
        if dialect.isTooOld {
            throw .failed("--protocol must be at least \(supported.lowerBound) here.", exitCode: 2)
        }
        if let conflict = options.conflict { throw .usage(conflict) }
        options.placement.settleBackups()
        if options.lacksFileChecksum {
            throw .failed("Invalid checksum-choice for --checksum: none (0)", exitCode: 4)
        }
        if options.deletion.isOn, !options.selection.takesDirectories {
            throw .usage("--delete does not work without --recursive (-r) or --dirs (-d).")
        }
        settleFormat()
    }

    /// The other end must know what the lines for changes show.
    private mutating func settleFormat() {
        guard let text = settings.outFormat else {
            options.output.hasFormat = options.output.itemize > 0
            return
        }
        let format = OutputFormat(parsing: text)
        options.output.hasFormat = true
        options.output.showsOperation = format.showsOperation
        options.output.itemize = format.itemizes ? max(1, options.output.itemize) : 0
    }

    private func checkCarrier() throws(CommandError) {
        if case .transfer(let job) = mode, case .daemon = job.carrier { return }
        if case .listModules = mode { return }
        if settings.connection.passwordFile != nil {
            throw .usage("The --password-file option may only be used when accessing an rsync daemon.")
        }
        if settings.connection.timeout > 0 {
            throw .usage("The --contimeout option may only be used when connecting to an rsync daemon.")
        }
    }

    private mutating func setMode(_ arguments: [[UInt8]]) throws(CommandError) {
        guard let written = arguments.last else { throw .usage("no source and destination are given (see --help)") }
        guard !arguments.dropLast().contains([]) else { throw .usage("Empty source arg specified.") }
        // An empty variable in a script must not mean the working directory, unless the user asks for the old way.
        let last =
            written.isEmpty && arguments.count > 1 && settings.passing.oldLevel > 0 ? [UInt8(ascii: ".")] : written
        guard !last.isEmpty else {
            let isSource = arguments.count == 1
            throw .usage(isSource ? "Empty source arg specified." : "Empty destination arg specified (use \".\").")
        }
        if arguments.count == 1 {
            if case .daemon(let host, let module, _) = try Location(parsing: last), module.isEmpty {
                guard !host.host.isEmpty else { throw .usage("a remote argument names no host") }
                mode = .listModules(host, overShell: settings.shell != nil)
                return
            }
            options.selection.listsOnly = true
        }
        let all = arguments.count == 1 ? arguments + [[UInt8(ascii: ".")]] : arguments.dropLast() + [last]
        mode = .transfer(try TransferJob(all, hasShell: settings.shell != nil))
    }

    /// Reads the names of `--files-from`, or leaves that to the other end (rsync(1), `--files-from`).
    private mutating func findNames() throws(CommandError) {
        guard let file = settings.filesFrom, case .transfer(let job) = mode else { return }
        guard job.sources.count == 1 else {
            throw .usage("the option --files-from takes exactly one source argument (the directory of the names)")
        }
        let location = try Location(parsing: file)
        guard case .local(let path) = location else {
            guard let remote = location.remotePath(on: job.carrier) else {
                throw .usage("--files-from hostname is not the same as the transfer hostname")
            }
            options.selection.filesFrom = .file(remote, isNULSeparated: settings.isNULSeparated)
            return
        }
        let contents: [UInt8]
        do throws(SystemError) {
            let rule = options.selection.links.paths.unlimited
            contents = try SmallFile(path, by: rule, dashIsStandardInput: true).contents(limit: FileNames.limit)
        } catch {
            let name = String(decoding: path, as: UTF8.self)
            let text = "rsync: failed to open files-from file \(name): \(SystemError.text(of: error.number))"
            throw .failed(error.withLinkNote(text), exitCode: 1)
        }
        let names = FileNames(file: contents, isNULSeparated: settings.isNULSeparated, hasComments: !isPull)
        options.selection.filesFrom = .names(names)
    }
}

extension TransferJob {
    /// Joins sources and destination to one transfer; at most one side may be remote.
    fileprivate init(_ arguments: [[UInt8]], hasShell: Bool) throws(CommandError) {
        var locations: [Location] = []
        for argument in arguments { locations.append(try Location(parsing: argument)) }
        let destination = locations.removeLast()
        let sources = zip(arguments, locations)
        let bothRemote = CommandError.usage("The source and destination cannot both be remote.")
        var paths: [[UInt8]] = []
        switch destination {
        case .local(let path):
            let carrier = try Self.carrier(of: locations[0], hasShell: hasShell)
            guard !carrier.lacksHost else { throw .usage("a remote argument names no host") }
            for (argument, source) in sources {
                try Self.requireJoin(Self.carrier(of: source, hasShell: hasShell), carrier, argument)
                paths.append(source.path)
            }
            self.init(carrier: carrier, isPush: carrier == .local, sources: paths, destination: path)
        case .shell(_, let path), .daemon(_, _, let path):
            for (argument, source) in sources {
                guard case .local(let path) = source else {
                    guard case .local = locations[0] else { throw bothRemote }
                    throw .usage("Unexpected remote arg: \(Self.text(argument))")
                }
                paths.append(path)
            }
            let carrier = try Self.carrier(of: destination, hasShell: hasShell)
            guard !carrier.lacksHost else { throw .usage("a remote argument names no host") }
            self.init(carrier: carrier, isPush: true, sources: paths, destination: path)
        }
    }

    /// Whether a further source belongs to the first one's host: `:path` and `::module/path` leave the host out.
    private static func joins(_ other: Carrier, _ first: Carrier) -> Bool {
        switch (other, first) {
        case (.shell(let host), .shell): host.host.isEmpty || other == first
        case (.daemon(let host, let module, _), .daemon(_, let firstModule, _)):
            module == firstModule && host.host.isEmpty || other == first
        default: other == first
        }
    }

    private static func text(_ argument: [UInt8]) -> String {
        String(decoding: NameText.escaped(argument), as: UTF8.self)
    }

    /// Refuses a further source that is not of the first one's host and kind.
    private static func requireJoin(_ other: Carrier, _ first: Carrier, _ argument: [UInt8]) throws(CommandError) {
        guard !joins(other, first) else { return }
        switch (other, first) {
        case (_, .local): throw .usage("Unexpected remote arg: \(text(argument))")
        case (.local, _):
            let advice = "If arg is a remote file/dir, prefix it with a colon (:)."
            throw .usage("Unexpected local arg: \(text(argument))\n\(advice)")
        case (.shell, .daemon), (.daemon, .shell):
            throw .usage("All source args must use the same hostspec format.")
        default: throw .usage("All source args must come from the same machine.")
        }
    }

    private static func carrier(of location: Location, hasShell: Bool) throws(CommandError) -> Carrier {
        switch location {
        case .local: return .local
        case .shell(let host, _): return .shell(host)
        case .daemon(let host, let module, _):
            guard !module.isEmpty else { throw .usage("the name of the daemon's module is missing") }
            return .daemon(host, module: module, overShell: hasShell)
        }
    }
}

extension TransferJob.Carrier {
    /// Whether a required host is missing.
    fileprivate var lacksHost: Bool {
        switch self {
        case .local: false
        case .shell(let host), .daemon(let host, _, _): host.host.isEmpty
        }
    }
}

extension Location {
    /// The path of a file at the other end of a transfer; nil if it is not there.
    fileprivate func remotePath(on carrier: TransferJob.Carrier) -> [UInt8]? {
        switch (self, carrier) {
        case (.shell(let host, let path), .shell(let other)):
            host.host.isEmpty || host.host == other.host ? path : nil
        case (.shell(let host, let path), .daemon(let other, _, _)):
            host.host.isEmpty || host.host == other.host ? path : nil
        case (.daemon(let host, _, let path), .daemon(let other, _, _)):
            host.host.isEmpty || host.host == other.host ? path : nil
        default: nil
        }
    }

    /// The path on its host or in its module.
    fileprivate var path: [UInt8] {
        switch self {
        case .local(let path), .shell(_, let path), .daemon(_, _, let path): path
        }
    }
}
