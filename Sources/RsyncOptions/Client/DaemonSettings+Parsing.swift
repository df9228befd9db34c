extension DaemonSettings {
    /// Reads a daemon's command line.
    ///
    /// - Parameters:
    ///   - arguments: The arguments after the program's name, `--daemon` among them.
    ///   - isServer: Whether a remote shell started it: a `.` ends the arguments then.
    /// - Throws: ``OptionError/usage(_:)`` for what is not an option of a daemon here.
    package init(parsing arguments: [[UInt8]], isServer: Bool) throws(OptionError) {
        self.init()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(decoding: parts.first ?? [], as: UTF8.self)
            if name == ".", isServer { continue }
            switch Self.entry(name)?.reading {
            case .toggle(let set): set(&self, true)
            case .effect(let run): try run(&self)
            case .value(let read, _):
                guard let bytes = parts.count == 2 ? Array(parts[1]) : rest.popFirst() else {
                    throw .usage("\(name): missing argument")
                }
                try read(&self, OptionValue(option: String(name.dropFirst(2)), bytes: bytes))
            case .refused, .unknown, nil: throw .usage("\(name): unknown option for a daemon")
            }
            if asksForHelp { return }
        }
    }

    private static func entry(_ name: String) -> OptionIndex<DaemonSettings>.Entry? {
        if name.hasPrefix("--") { return OptionTable.daemonLine[String(name.dropFirst(2))] }
        guard name.count == 2, name.hasPrefix("-"), let letter = name.last else { return nil }
        return OptionTable.daemonLine[letter]
    }
}
