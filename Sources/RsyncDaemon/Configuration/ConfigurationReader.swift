import LinuxSystem

/// Reads `rsyncd.conf` with the files that it includes (rsyncd.conf(5), CONFIG DIRECTIVES).
struct ConfigurationReader {
    /// How deep files may include each other.
    private static let deepest = 16
    /// The most files of one configuration.
    private static let mostFiles = 1000

    private let files: ConfigurationFiles
    private let overrides: [DaemonConfiguration.Override]
    private var configuration = DaemonConfiguration()
    /// The module whose section is being read; nil for global parameters.
    private var current: Int?
    /// The line where each module's section began, for messages.
    private var places: [DaemonConfigurationError] = []
    private var fileCount = 0

    init(files: ConfigurationFiles, overrides: [DaemonConfiguration.Override]) {
        (self.files, self.overrides) = (files, overrides)
    }

    /// Reads a file and everything that it includes.
    mutating func read(_ path: [UInt8]) throws(DaemonConfigurationError) -> DaemonConfiguration {
        try begin()
        try read(path, as: .merge, depth: 0, at: nil)
        return try finished()
    }

    /// Reads contents that are in memory.
    mutating func parse(_ contents: [UInt8]) throws(DaemonConfigurationError) -> DaemonConfiguration {
        try begin()
        try carryOut(try ConfigurationLines(contents), of: [], depth: 0)
        return try finished()
    }

    private mutating func finished() throws(DaemonConfigurationError) -> DaemonConfiguration {
        for (module, place) in zip(configuration.modules, places) where !module.users.isEmpty {
            if module.secretsFile.isEmpty {
                let reason = "the module \(PrintableText.ofPeer(module.name)) has auth users but no secrets file"
                throw DaemonConfigurationError(file: place.file, line: place.line, reason: reason)
            }
        }
        return configuration
    }

    /// Sets the parameters of the command line, which the global part of the file does not change.
    private mutating func begin() throws(DaemonConfigurationError) {
        let place = DaemonConfigurationError(file: Array("--dparam".utf8), line: 0, reason: "")
        for entry in overrides {
            guard let parameter = ParameterTable.byKey[entry.key] else {
                throw DaemonConfigurationError(file: place.file, line: 0, reason: "unknown parameter \(entry.name)")
            }
            try set(parameter, entry.value, place)
        }
    }

    /// Reads a file, or the files of a directory in the order of their names; `place` is the directive, nil for the
    /// configuration itself.
    private mutating func read(
        _ path: [UInt8],
        as directive: ConfigurationLines.Directive,
        depth: Int,
        at place: DaemonConfigurationError?
    ) throws(DaemonConfigurationError) {
        let item: ConfigurationFiles.Item
        do throws(SystemError) {
            item = try files.read(path)
        } catch {
            let reason = "\(PrintableText.ofPeer(path)) cannot be read: \(SystemError.text(of: error.number))"
            throw DaemonConfigurationError(file: place?.file ?? path, line: place?.line ?? 0, reason: reason)
        }
        configuration.files.append(path)
        switch item {
        case .file(let contents):
            fileCount += 1
            guard depth <= Self.deepest, fileCount <= Self.mostFiles else {
                let limits = "\(Self.deepest) levels or \(Self.mostFiles) files"
                throw DaemonConfigurationError(file: path, line: 0, reason: "it includes more than \(limits)")
            }
            try carryOut(try ConfigurationLines(contents, file: path), of: path, depth: depth)
        case .directory(let names):
            guard place != nil else {
                throw DaemonConfigurationError(file: path, line: 0, reason: "it is a directory")
            }
            let ending = directive.ending
            for name in names.filter({ $0.suffix(ending.count).elementsEqual(ending) }).sorted(by: precedes) {
                try use(path + [UInt8(ascii: "/")] + name, directive, depth: depth, at: place)
            }
        }
    }

    private func precedes(_ one: [UInt8], _ other: [UInt8]) -> Bool { one.lexicographicallyPrecedes(other) }

    /// Carries out a directive: an included file has its own defaults, and global parameters follow it.
    private mutating func use(
        _ path: [UInt8],
        _ directive: ConfigurationLines.Directive,
        depth: Int,
        at place: DaemonConfigurationError?
    ) throws(DaemonConfigurationError) {
        guard directive == .include else { return try read(path, as: directive, depth: depth, at: place) }
        let (globals, defaults) = (configuration.globals, configuration.defaults)
        current = nil
        try read(path, as: directive, depth: depth, at: place)
        current = nil
        (configuration.globals, configuration.defaults) = (globals, defaults)
    }

    private mutating func carryOut(
        _ lines: ConfigurationLines,
        of file: [UInt8],
        depth: Int
    ) throws(DaemonConfigurationError) {
        for line in lines.lines {
            let place = DaemonConfigurationError(file: file, line: line.number, reason: "")
            switch line.content {
            case .section(let name): begin(name, at: place)
            case .directive(let directive, let path): try use(path, directive, depth: depth + 1, at: place)
            case .parameter(let name, let key, let value):
                guard let parameter = ParameterTable.byKey[key] else {
                    configuration.notices.append("unknown parameter ignored: \(name) (\(Self.text(of: place)))")
                    continue
                }
                if current == nil, isOverridden(parameter) { continue }
                try set(parameter, value, place)
            }
        }
    }

    private func isOverridden(_ parameter: ParameterDescriptor) -> Bool {
        overrides.contains { ParameterTable.byKey[$0.key]?.name == parameter.name }
    }

    private static func text(of place: DaemonConfigurationError) -> String {
        place.file.isEmpty ? "line \(place.line)" : "line \(place.line) of \(PrintableText.ofPeer(place.file))"
    }

    /// Begins a section; a module that is there already gets more parameters.
    private mutating func begin(_ name: [UInt8]?, at place: DaemonConfigurationError) {
        current = name.map { name in
            if let index = configuration.modules.firstIndex(where: { $0.name == name }) { return index }
            var module = configuration.defaults
            module.name = name
            configuration.modules.append(module)
            places.append(place)
            return configuration.modules.count - 1
        }
    }

    private mutating func set(
        _ parameter: ParameterDescriptor,
        _ written: [UInt8],
        _ place: DaemonConfigurationError
    ) throws(DaemonConfigurationError) {
        let value = ParameterValue(written)
        do throws(ParameterFlaw) {
            switch parameter.reading {
            case .refused(let reason):
                guard value.isOff else { throw ParameterFlaw("this parameter is not supported: \(reason)") }
            case .module(let read):
                if let current {
                    try read(&configuration.modules[current], value)
                } else {
                    try read(&configuration.defaults, value)
                }
            case .global(let read):
                guard current == nil else {
                    let notice = "\(parameter.name) has no effect in a module's section (\(Self.text(of: place)))"
                    return configuration.notices.append(notice)
                }
                try read(&configuration.globals, value)
            }
        } catch {
            let reason = "\(parameter.name) = \(PrintableText.ofPeer(written)): \(error.reason)"
            throw DaemonConfigurationError(file: place.file, line: place.line, reason: reason)
        }
    }
}
