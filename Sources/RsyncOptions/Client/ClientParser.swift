import LinuxSystem

/// Parses a client's command line.
package struct ClientParser {
    /// The parsed options.
    package private(set) var options = ClientOptions()
    /// Sources and destination as they were written.
    package private(set) var operands: [[UInt8]] = []
    private var rest: ArraySlice<[UInt8]>
    private let surroundings: OptionSurroundings
    /// The argument that is being read, for messages.
    private var current: [UInt8] = []

    /// Prepares to read.
    ///
    /// - Parameters:
    ///   - arguments: The arguments after the program's name; bytes, since names need not be UTF-8.
    ///   - surroundings: Reads what options name.
    package init(_ arguments: [[UInt8]], _ surroundings: OptionSurroundings) {
        rest = arguments[...]
        self.surroundings = surroundings
    }

    /// Reads to the end, or to `--help` and the like.
    ///
    /// - Throws: ``OptionError`` for the first unknown argument; nothing is ignored.
    package mutating func run() throws(OptionError) {
        while let argument = rest.popFirst() {
            current = argument
            if argument == Array("--".utf8) {
                operands += rest
                return
            } else if argument.starts(with: Array("--".utf8)) {
                try long(argument)
            } else if argument.count > 1, argument[0] == UInt8(ascii: "-") {
                try cluster(argument)
            } else {
                operands.append(argument)
            }
            if let request = options.request, request != .version { return }
        }
    }

    /// The places of the arguments that are options themselves, not the value of the one before; none after `--`.
    package static func options(among arguments: [[UInt8]]) -> [Int] {
        var found: [Int] = []
        var isValue = false
        for (place, argument) in arguments.enumerated() {
            if isValue {
                isValue = false
                continue
            }
            if argument == Array("--".utf8) { break }
            guard argument.count > 1, argument[0] == UInt8(ascii: "-") else { continue }
            found.append(place)
            isValue = expectsValue(argument)
        }
        return found
    }

    /// Whether the next argument is the value of this one.
    private static func expectsValue(_ argument: [UInt8]) -> Bool {
        guard !argument.starts(with: Array("--".utf8)) else {
            let entry = OptionTable.client[String(decoding: argument.dropFirst(2), as: UTF8.self)]
            if case .value = entry?.reading { return true }
            return false
        }
        for (place, byte) in argument.enumerated().dropFirst() {
            guard case .value = OptionTable.client[Character(UnicodeScalar(byte))]?.reading else { continue }
            return place == argument.count - 1
        }
        return false
    }

    /// Adds the filter rules that other options imply.
    package mutating func completeFilters() throws(OptionError) { try options.completeFilters(surroundings) }

    private mutating func long(_ argument: [UInt8]) throws(OptionError) {
        let parts = argument.dropFirst(2).split(
            separator: UInt8(ascii: "="),
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        let name = String(decoding: parts[0], as: UTF8.self)
        let value = parts.count == 2 ? Array(parts[1]) : nil
        if let entry = OptionTable.client[name] { return try apply(entry, "--\(name)", name, value) }
        guard let entry = OptionTable.client.turnedOff(by: name) else { throw complaint("unknown option") }
        switch entry.reading {
        case .toggle(let set) where value == nil: set(&options, false)
        case .value(_, let off?) where value == nil: off(&options)
        case .refused(_, let mayBeOff):
            if mayBeOff, value == nil { return }
            // Such as `--no-L`: rsync has no such form.
            guard entry.option.names.contains(String(name.dropFirst(3))) else { throw complaint("unknown option") }
            throw .unsupported("--\(name)")
        default: throw complaint("unknown option")
        }
    }

    private mutating func cluster(_ argument: [UInt8]) throws(OptionError) {
        var letters = argument.dropFirst()
        while let byte = letters.popFirst() {
            let letter = Character(UnicodeScalar(byte))
            guard let entry = OptionTable.client[letter] else { throw complaint("unknown option") }
            let name = entry.option.names.first ?? String(letter)
            if case .value = entry.reading {
                let value = letters.first == UInt8(ascii: "=") ? letters.dropFirst() : letters
                return try apply(entry, "-\(letter)", name, letters.isEmpty ? nil : Array(value))
            }
            if case .refused = entry.reading { throw .unsupported("-\(letter)") }
            guard letters.first != UInt8(ascii: "=") else { throw complaint("option does not take an argument") }
            try apply(entry, "-\(letter)", name, nil)
        }
    }

    /// Refuses the argument as it was written, like rsync.
    private func complaint(_ text: String) -> OptionError { .usage("\(PrintableText.escaped(current)): \(text)") }

    private mutating func apply(
        _ entry: OptionIndex<ClientOptions>.Entry,
        _ spelling: String,
        _ name: String,
        _ value: [UInt8]?
    ) throws(OptionError) {
        switch entry.reading {
        case .unknown: throw complaint("unknown option")
        case .refused: throw .unsupported(spelling)
        case .value(let read, _):
            guard let value = value ?? rest.popFirst() else { throw complaint("missing argument") }
            try read(&options, OptionValue(option: name, bytes: value, surroundings))
        case .toggle(let set):
            guard value == nil else { throw complaint("option does not take an argument") }
            set(&options, true)
        case .effect(let run):
            guard value == nil else { throw complaint("option does not take an argument") }
            try run(&options)
        }
    }
}
