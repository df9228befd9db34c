extension DaemonSettings {
    /// Reads a daemon's command line.
    ///
    /// Letters may be joined, and arguments that are not options are ignored, as in rsync.
    ///
    /// - Parameter arguments: The arguments after the program's name, `--daemon` among them.
    /// - Throws: ``OptionError/usage(_:)`` for what is not an option of a daemon here.
    package init(parsing arguments: [[UInt8]]) throws(OptionError) {
        self.init()
        var rest = arguments[...]
        while let argument = rest.popFirst(), !asksForHelp {
            let text = String(decoding: argument, as: UTF8.self)
            if text == "--" { return }
            if text.hasPrefix("--") {
                try read(long: argument, &rest)
            } else if text.hasPrefix("-"), text.count > 1 {
                try read(letters: text.dropFirst(), &rest)
            }
        }
    }

    private mutating func read(long argument: [UInt8], _ rest: inout ArraySlice<[UInt8]>) throws(OptionError) {
        let parts = argument.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(decoding: parts[0], as: UTF8.self)
        let entry = OptionTable.daemonLine[String(name.dropFirst(2))]
        try apply(entry, name, parts.count == 2 ? Array(parts[1]) : nil, &rest)
    }

    private mutating func read(letters: Substring, _ rest: inout ArraySlice<[UInt8]>) throws(OptionError) {
        var letters = letters
        while let letter = letters.popFirst() {
            let entry = OptionTable.daemonLine[letter]
            guard case .value = entry?.reading else {
                try apply(entry, "-\(letter)", nil, &rest)
                continue
            }
            return try apply(entry, "-\(letter)", letters.isEmpty ? nil : Array(letters.utf8), &rest)
        }
    }

    /// Carries out one option; a value that is not joined to it is the next argument.
    private mutating func apply(
        _ entry: OptionIndex<DaemonSettings>.Entry?,
        _ spelling: String,
        _ joined: [UInt8]?,
        _ rest: inout ArraySlice<[UInt8]>
    ) throws(OptionError) {
        guard let entry else { throw .usage("\(spelling): unknown option (in daemon mode)") }
        switch entry.reading {
        case .value(let read, _):
            guard let bytes = joined ?? rest.popFirst() else { throw .usage("\(spelling): missing argument") }
            try read(&self, OptionValue(option: entry.option.names.first ?? spelling, bytes: bytes))
        case .toggle, .effect:
            guard joined == nil else { throw .usage("\(spelling): option does not take an argument (in daemon mode)") }
            if case .toggle(let set) = entry.reading { set(&self, true) }
            if case .effect(let run) = entry.reading { try run(&self) }
        case .refused, .unknown: throw .usage("\(spelling): unknown option (in daemon mode)")
        }
    }
}
