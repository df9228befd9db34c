/// The syntax of `rsyncd.conf`: sections of `name = value` lines (protocol specification, session 11.1).
struct ConfigurationLines {
    /// A parameter and its line number.
    struct Parameter: Equatable {
        /// In lower case, without spaces: `readonly`.
        let key: String
        /// As written, for messages.
        let name: String
        let value: [UInt8]
        let line: Int
    }

    /// A section; `global` and what precedes the first section have an empty name.
    struct Section: Equatable {
        var name: [UInt8]?
        var line: Int
        var parameters: [Parameter] = []
    }

    private(set) var sections = [Section(name: nil, line: 1)]

    /// Parses a file's contents.
    init(_ contents: [UInt8]) throws(DaemonConfigurationError) {
        var number = 0
        var start = 0
        var pending: [UInt8] = []
        for piece in contents.split(separator: 10, omittingEmptySubsequences: false) {
            number += 1
            if pending.isEmpty { start = number }
            var line = Self.trimmed(piece)
            if line.last == UInt8(ascii: "\\"), !Self.isComment(line) {
                pending += line.dropLast()
                continue
            }
            line = Self.trimmed((pending + line)[...])
            pending = []
            try add(line, at: start)
        }
        if !pending.isEmpty { try add(Self.trimmed(pending[...]), at: start) }
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let blanks: Set<UInt8> = [9, 13, 32]
        let front = bytes.drop { blanks.contains($0) }
        return Array(
            front.prefix((front.lastIndex { !blanks.contains($0) } ?? front.startIndex - 1) - front.startIndex + 1)
        )
    }

    private static func isComment(_ line: [UInt8]) -> Bool {
        line.first == UInt8(ascii: "#") || line.first == UInt8(ascii: ";")
    }

    private mutating func add(_ line: [UInt8], at number: Int) throws(DaemonConfigurationError) {
        guard !line.isEmpty, !Self.isComment(line) else { return }
        if line[0] == UInt8(ascii: "[") { return try addSection(line, at: number) }
        guard line[0] != UInt8(ascii: "&") else {
            throw DaemonConfigurationError(line: number, reason: "&include and &merge are not supported")
        }
        guard let cut = line.firstIndex(of: UInt8(ascii: "=")), cut > 0 else {
            throw DaemonConfigurationError(line: number, reason: "this is neither [module] nor name = value")
        }
        let name = String(decoding: Self.trimmed(line[..<cut]), as: UTF8.self)
        let value = Self.trimmed(line[(cut + 1)...])
        guard !Self.holdsVariable(value) else {
            throw DaemonConfigurationError(line: number, reason: "%VARIABLES% are not supported (\(name))")
        }
        let key = name.lowercased().filter { !$0.isWhitespace }
        sections[sections.count - 1].parameters.append(Parameter(key: key, name: name, value: value, line: number))
    }

    private mutating func addSection(_ line: [UInt8], at number: Int) throws(DaemonConfigurationError) {
        let name = Self.trimmed(line.dropFirst().dropLast())
        guard line.last == UInt8(ascii: "]"), !name.isEmpty, !name.contains(UInt8(ascii: "/")),
            !name.contains(UInt8(ascii: "]"))
        else { throw DaemonConfigurationError(line: number, reason: "this is no name of a module") }
        let isGlobal = String(decoding: name, as: UTF8.self).lowercased() == "global"
        sections.append(Section(name: isGlobal ? nil : name, line: number))
    }

    /// Whether the value contains `%NAME%`, which rsync replaces from the environment.
    private static func holdsVariable(_ value: [UInt8]) -> Bool {
        value.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false).dropFirst().dropLast().contains {
            guard let first = $0.first else { return false }
            return (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first)
        }
    }
}
