import RsyncWire

extension RsyncCommandLine {
    /// Reads an argument vector.
    ///
    /// - Parameter arguments: The arguments behind the program's name; bytes, since names need not be UTF-8.
    /// - Throws: ``CommandError``: nothing that is not understood is ever ignored.
    package init(parsing arguments: [[UInt8]]) throws(CommandError) {
        self.init(mode: .help, options: TransferOptions(), settings: ClientSettings())
        let words = arguments.map { String(decoding: $0, as: UTF8.self) }
        let isServer = words.first == "--server"
        if words.contains("--daemon"), isServer || !words.prefix(while: { $0 != "--" }).contains("--server") {
            let daemon = try DaemonSettings(
                parsing: arguments.filter { $0 != Array("--server".utf8) },
                isServer: isServer
            )
            mode = daemon.map { isServer ? .daemonOverShell($0) : .daemon($0) } ?? .help
            return
        }
        if isServer {
            mode = .server(arguments)
            return
        }
        let placeholder = Mode.server([])
        mode = placeholder
        var parser = CommandLineParser(line: self, rest: arguments[...])
        try parser.run()
        self = parser.line
        // `-h` is about numbers, but on its own it asks for help.
        if arguments.count == 1, parser.positional.isEmpty, settings.humanLevel > 1 { mode = .help }
        guard mode == placeholder else { return }
        try checkOptions()
        try setMode(parser.positional)
        try checkCarrier()
    }

    private mutating func checkOptions() throws(CommandError) {
        if options.delete, !options.recursive {
            throw .usage("--delete does not work without --recursive (-r) or --dirs (-d).")
        }
        // The other end must tell of every change, not of transfers only.
        let itemized = Array("%i".utf8)
        if let format = settings.outFormat, options.itemize == 0,
            zip(format, format.dropFirst()).contains(where: { [$0, $1] == itemized })
        {
            options.itemize = 1
        }
    }

    private func checkCarrier() throws(CommandError) {
        if case .transfer(let job) = mode, case .daemon = job.carrier { return }
        if case .listModules = mode { return }
        if settings.passwordFile != nil {
            throw .usage("The --password-file option may only be used when accessing an rsync daemon.")
        }
        if settings.connectTimeout > 0 {
            throw .usage("The --contimeout option may only be used when connecting to an rsync daemon.")
        }
    }

    private mutating func setMode(_ arguments: [[UInt8]]) throws(CommandError) {
        guard let last = arguments.last else { throw .usage("no source and destination are given (see --help)") }
        guard !arguments.dropLast().contains([]) else { throw .usage("Empty source arg specified.") }
        // An empty variable in a script must not turn into the working directory.
        guard !last.isEmpty else {
            let isSource = arguments.count == 1
            throw .usage(isSource ? "Empty source arg specified." : "Empty destination arg specified (use \".\").")
        }
        if arguments.count == 1 {
            guard case .daemon(let host, let module, _) = try Location(parsing: last), module.isEmpty else {
                throw .unsupported("a source without a destination (--list-only)")
            }
            guard !host.host.isEmpty else { throw .usage("a remote argument names no host") }
            mode = .listModules(host, overShell: settings.shell != nil)
            return
        }
        mode = .transfer(try TransferJob(arguments, hasShell: settings.shell != nil))
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
            throw .usage("Unexpected local arg: \(text(argument)) (if it is a remote file, prefix it with a colon)")
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
    /// Whether a host is needed and left out.
    fileprivate var lacksHost: Bool {
        switch self {
        case .local: false
        case .shell(let host), .daemon(let host, _, _): host.host.isEmpty
        }
    }
}

extension Location {
    /// The path on its host or in its module.
    fileprivate var path: [UInt8] {
        switch self {
        case .local(let path), .shell(_, let path), .daemon(_, _, let path): path
        }
    }
}

/// Goes through an argument vector with the table of options.
struct CommandLineParser {
    var line: RsyncCommandLine
    var rest: ArraySlice<[UInt8]>
    var positional: [[UInt8]] = []
    /// The argument that is being read, for messages.
    private var current: [UInt8] = []

    init(line: RsyncCommandLine, rest: ArraySlice<[UInt8]>) {
        self.line = line
        self.rest = rest
    }

    mutating func run() throws(CommandError) {
        while let argument = rest.popFirst() {
            current = argument
            if argument == Array("--".utf8) {
                positional += rest
                return
            } else if argument.starts(with: Array("--".utf8)) {
                try long(argument)
            } else if argument.count > 1, argument[0] == UInt8(ascii: "-") {
                try cluster(argument)
            } else {
                positional.append(argument)
            }
            if line.mode == .help { return }
        }
    }

    private mutating func long(_ argument: [UInt8]) throws(CommandError) {
        let parts = argument.dropFirst(2).split(
            separator: UInt8(ascii: "="),
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        let name = String(decoding: parts[0], as: UTF8.self)
        let value = parts.count == 2 ? Array(parts[1]) : nil
        if let option = OptionCatalogue.byName[name], name.count > 1 {
            return try apply(option, name, value)
        }
        if name.hasPrefix("no-"), let option = OptionCatalogue.byName[String(name.dropFirst(3))],
            case .toggle(let set) = option.action, value == nil
        {
            return set(&line, false)
        }
        let bare = name.hasPrefix("no-") ? String(name.dropFirst(3)) : name
        if name != bare, value == nil {
            if let reset = OptionCatalogue.resets[bare] { return reset(&line) }
            if OptionCatalogue.alwaysOff.contains(bare) { return }
        }
        let isRefused = OptionCatalogue.refusedNames.contains(name) || OptionCatalogue.refusedNames.contains(bare)
        throw isRefused
            ? .unsupported("--\(name)") : complaint("unknown option")
    }

    private mutating func cluster(_ argument: [UInt8]) throws(CommandError) {
        var letters = argument.dropFirst()
        while let byte = letters.popFirst() {
            let letter = Character(UnicodeScalar(byte))
            guard let option = OptionCatalogue.byLetter[letter] else {
                throw OptionCatalogue.refusedLetters.contains(letter)
                    ? .unsupported("-\(letter)") : complaint("unknown option")
            }
            if case .value = option.action {
                let value = letters.first == UInt8(ascii: "=") ? letters.dropFirst() : letters
                return try apply(option, option.names[0], letters.isEmpty ? nil : Array(value))
            }
            guard letters.first != UInt8(ascii: "=") else { throw complaint("option does not take an argument") }
            try apply(option, option.names.first ?? String(letter), nil)
        }
    }

    /// Refuses the argument as it was written, like rsync.
    private func complaint(_ text: String) -> CommandError {
        .usage("\(String(decoding: NameText.escaped(current), as: UTF8.self)): \(text)")
    }

    private mutating func apply(_ option: CommandOption, _ name: String, _ value: [UInt8]?) throws(CommandError) {
        switch option.action {
        case .value(_, let set):
            guard let value = value ?? rest.popFirst() else { throw complaint("missing argument") }
            try set(&line, OptionValue(option: name, bytes: value))
        case .toggle(let set):
            guard value == nil else { throw complaint("option does not take an argument") }
            set(&line, true)
        case .effect(let run):
            guard value == nil else { throw complaint("option does not take an argument") }
            run(&line)
        }
    }
}

extension DaemonSettings {
    /// Reads a daemon's command line.
    ///
    /// - Returns: Nil for `--help`.
    fileprivate init?(parsing arguments: [[UInt8]], isServer: Bool) throws(CommandError) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(decoding: parts.first ?? [], as: UTF8.self)
            func value() throws(CommandError) -> OptionValue {
                guard let bytes = parts.count == 2 ? Array(parts[1]) : rest.popFirst() else {
                    throw .usage("\(name): missing argument")
                }
                return OptionValue(option: String(name.dropFirst(2)), bytes: bytes)
            }
            switch name {
            case "--daemon", "-v", "--verbose": continue
            case "--help", "-h": return nil
            case "--no-detach": staysInForeground = true
            case "--config": configuration = try value().bytes
            case "--port": port = try value().number(in: 1...UInt16.max)
            case "--address": address = try value().text
            case "--log-file": logFile = try value().bytes
            case "." where isServer: continue
            default: throw .usage("\(name): unknown option for a daemon")
            }
        }
    }
}
