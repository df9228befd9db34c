import RsyncWire

extension RsyncCommandLine {
    /// Reads an argument vector.
    ///
    /// - Parameter arguments: The arguments behind the program's name; bytes, since names need not be UTF-8.
    /// - Throws: ``CommandError``: nothing that is not understood is ever ignored.
    public init(parsing arguments: [[UInt8]]) throws(CommandError) {
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
        if words == ["-h"] || words == ["--help"] { return }
        let placeholder = Mode.server([])
        mode = placeholder
        var parser = CommandLineParser(line: self, rest: arguments[...])
        try parser.run()
        self = parser.line
        guard mode == placeholder else { return }
        try checkOptions()
        try setMode(parser.positional)
    }

    private func checkOptions() throws(CommandError) {
        if options.delete, !options.recursive {
            throw .usage("--delete does not work without --recursive (-r) or --dirs (-d).")
        }
    }

    private mutating func setMode(_ arguments: [[UInt8]]) throws(CommandError) {
        guard let last = arguments.last else { throw .usage("no source and destination are given (see --help)") }
        if arguments.count == 1 {
            guard case .daemon(let host, let module, _, let isURL) = try Location(parsing: last), module.isEmpty else {
                throw .unsupported("a source without a destination (--list-only)")
            }
            mode = .listModules(host, overShell: settings.shell != nil && !isURL)
            return
        }
        var locations: [Location] = []
        for argument in arguments.dropLast() { locations.append(try Location(parsing: argument)) }
        mode = .transfer(try TransferJob(locations, to: try Location(parsing: last), hasShell: settings.shell != nil))
    }
}

extension TransferJob {
    /// Joins sources and destination to one transfer; at most one side may be remote.
    fileprivate init(_ sources: [Location], to destination: Location, hasShell: Bool) throws(CommandError) {
        let bothRemote = CommandError.usage("The source and destination cannot both be remote.")
        let mixed = CommandError.usage("The source arguments must all be of one host and one kind.")
        var paths: [[UInt8]] = []
        switch destination {
        case .local(let path):
            let carrier = try Self.carrier(of: sources[0], hasShell: hasShell)
            for source in sources {
                guard try Self.joins(Self.carrier(of: source, hasShell: hasShell), carrier) else { throw mixed }
                paths.append(source.path)
            }
            self.init(carrier: carrier, isPush: carrier == .local, sources: paths, destination: path)
        case .shell(_, let path), .daemon(_, _, let path, _):
            for source in sources {
                guard case .local(let path) = source else { throw bothRemote }
                paths.append(path)
            }
            let carrier = try Self.carrier(of: destination, hasShell: hasShell)
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

    private static func carrier(of location: Location, hasShell: Bool) throws(CommandError) -> Carrier {
        switch location {
        case .local: return .local
        case .shell(let host, _): return .shell(host)
        case .daemon(let host, let module, _, let isURL):
            guard !module.isEmpty else { throw .usage("the name of the daemon's module is missing") }
            return .daemon(host, module: module, overShell: hasShell && !isURL)
        }
    }
}

extension Location {
    /// The path on its host or in its module.
    fileprivate var path: [UInt8] {
        switch self {
        case .local(let path), .shell(_, let path), .daemon(_, _, let path, _): path
        }
    }
}

/// Goes through an argument vector with the table of options.
struct CommandLineParser {
    var line: RsyncCommandLine
    var rest: ArraySlice<[UInt8]>
    var positional: [[UInt8]] = []

    mutating func run() throws(CommandError) {
        while let argument = rest.popFirst() {
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
        let isRefused = OptionCatalogue.refusedNames.contains(name) || OptionCatalogue.refusedNames.contains(bare)
        throw isRefused
            ? .unsupported("--\(name)") : .usage("\(String(decoding: argument, as: UTF8.self)): unknown option")
    }

    private mutating func cluster(_ argument: [UInt8]) throws(CommandError) {
        var letters = argument.dropFirst()
        while let byte = letters.popFirst() {
            let letter = Character(UnicodeScalar(byte))
            guard let option = OptionCatalogue.byLetter[letter] else {
                throw OptionCatalogue.refusedLetters.contains(letter)
                    ? .unsupported("-\(letter)") : .usage("-\(letter): unknown option")
            }
            if case .value = option.action {
                return try apply(option, option.names[0], letters.isEmpty ? nil : Array(letters))
            }
            try apply(option, option.names.first ?? String(letter), nil)
        }
    }

    private mutating func apply(_ option: CommandOption, _ name: String, _ value: [UInt8]?) throws(CommandError) {
        switch option.action {
        case .value(_, let set):
            guard let value = value ?? rest.popFirst() else { throw .usage("--\(name): missing argument") }
            try set(&line, OptionValue(option: name, bytes: value))
        case .toggle(let set):
            guard value == nil else { throw .usage("--\(name): option does not take an argument") }
            set(&line, true)
        case .effect(let run):
            guard value == nil else { throw .usage("--\(name): option does not take an argument") }
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
