import LinuxSystem

/// What is wrong with an argument for a server.
package enum ArgumentFlaw: Error, Equatable, Sendable, CustomStringConvertible {
    case unknown(String)
    case unsupported(String)
    case badValue(option: String, value: String)
    case missingValue(String)
    case missing(String)

    package var description: String {
        switch self {
        case .unknown(let option): "\(PrintableText.ofPeer(option)): unknown option"
        case .unsupported(let option): "\(option): this option is not supported here"
        case .badValue(let option, let value): "\(option)=\(PrintableText.ofPeer(value)): invalid value"
        case .missingValue(let option): "\(option): missing value"
        case .missing(let what): "no \(what) among the arguments"
        }
    }
}

/// Parses the arguments of a server.
package struct ServerParser {
    /// The options so far.
    package private(set) var options = ServerOptions()
    /// The options that were read, by their spelling, in their order; those that were turned off are left out.
    package private(set) var used: [String] = []
    /// What follows the `.`, with `.` for an empty path.
    package private(set) var paths: [[UInt8]] = []
    /// Whether the `.` was there; secluded arguments lack it until they are complete.
    package private(set) var isComplete = false
    private let isEscaped: Bool
    private var rest: ArraySlice<[UInt8]>

    /// Prepares to read.
    ///
    /// - Parameters:
    ///   - vector: The arguments after the program's name, from `--server` on.
    ///   - isEscaped: Whether option values are escaped as for a shell, but no shell has unescaped them.
    package init(_ vector: [[UInt8]], isEscaped: Bool) {
        self.isEscaped = isEscaped
        rest = vector[...]
    }

    /// Reads to the end, or to the first unknown argument; the arguments before it are in effect.
    package mutating func run() throws(ArgumentFlaw) {
        guard let first = rest.popFirst(), first == Array("--server".utf8) else { throw .missing("--server") }
        while let bytes = rest.popFirst() {
            let option = unescaped(bytes)
            if option == Array(".".utf8) {
                isComplete = true
                options.settleFilesFrom()
                paths = rest.map { $0.isEmpty ? [UInt8(ascii: ".")] : $0 }
                return
            }
            if option.starts(with: Array("--".utf8)) {
                try long(option.dropFirst(2))
            } else if option.count > 1, option.first == UInt8(ascii: "-") {
                try cluster(option.dropFirst())
            } else {
                throw .missing("\".\" before \"\(PrintableText.ofPeer(text(option)))\"")
            }
        }
        guard options.isSecluded else { throw .missing("\".\"") }
    }

    /// A daemon's client escapes option values as for a shell, but not secluded ones (protocol
    /// specification, session 2.5 and 2.6).
    private func unescaped(_ bytes: [UInt8]) -> [UInt8] {
        isEscaped && !options.isSecluded ? ArgumentQuoting.unescaped(bytes) : bytes
    }

    private func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

    private mutating func cluster(_ bytes: ArraySlice<UInt8>) throws(ArgumentFlaw) {
        var letters = bytes
        while let byte = letters.popFirst() {
            let letter = Character(UnicodeScalar(byte))
            guard let entry = OptionTable.server[letter] else { throw .unknown("-\(letter)") }
            if case .value = entry.reading {
                // As popt reads it: the value may be the next argument.
                let value = letters.isEmpty ? try next("-\(letter)") : Array(letters)
                return try apply(entry, "-\(letter)", value)
            }
            try apply(entry, entry.option.spellingWithLetter, nil)
        }
    }

    private mutating func long(_ bytes: ArraySlice<UInt8>) throws(ArgumentFlaw) {
        let parts = bytes.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        let name = text(parts[0])
        let value = parts.count == 2 ? Array(parts[1]) : nil
        let unknown = ArgumentFlaw.unknown("--\(text(bytes))")
        if let entry = OptionTable.server[name] {
            switch entry.reading {
            case .value:
                let value = if let value { value } else { try next("--\(name)") }
                return try apply(entry, "--\(name)", value)
            case .refused: throw .unsupported("--\(name)")
            default:
                guard value == nil else { throw unknown }
                return try apply(entry, "--\(name)", nil)
            }
        }
        guard value == nil, let entry = OptionTable.server.turnedOff(by: name) else { throw unknown }
        switch entry.reading {
        case .toggle(let set): set(&options, false)
        case .value(_, let off?): off(&options)
        case .refused(_, mayBeOff: true): throw .unsupported("--\(name)")
        default: throw unknown
        }
    }

    private mutating func next(_ option: String) throws(ArgumentFlaw) -> [UInt8] {
        guard let value = rest.popFirst() else { throw .missingValue(option) }
        return unescaped(value)
    }

    private mutating func apply(
        _ entry: OptionIndex<ServerOptions>.Entry,
        _ spelling: String,
        _ value: [UInt8]?
    ) throws(ArgumentFlaw) {
        used.append(entry.option.spelling)
        do throws(OptionError) {
            switch entry.reading {
            case .unknown: throw .usage("")
            case .refused: throw .unsupported(spelling)
            case .toggle(let set): set(&options, true)
            case .effect(let run): try run(&options)
            case .value(let read, _):
                try read(&options, OptionValue(server: entry.option.names.first ?? spelling, bytes: value ?? []))
            }
        } catch {
            if case .unsupported = error, value == nil { throw .unsupported(spelling) }
            throw value.map { .badValue(option: entry.option.spelling, value: text($0)) } ?? .unknown(spelling)
        }
    }
}
