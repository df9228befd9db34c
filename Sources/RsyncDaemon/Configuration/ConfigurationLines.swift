import LinuxSystem

/// The lines of one file of a daemon's configuration (protocol specification, session 11.1).
struct ConfigurationLines {
    /// What a line says.
    enum Content: Equatable {
        /// The start of a module's section; nil for `[global]`.
        case section([UInt8]?)
        /// A parameter: as written, in lower case without white space, and its value.
        case parameter(name: String, key: String, value: [UInt8])
        /// `&include` or `&merge`, and the path.
        case directive(Directive, [UInt8])
    }

    /// A way to use another file.
    enum Directive: String {
        /// The file has its own defaults and leaves those of the rest alone.
        case include = "&include"
        /// The file is read as if its lines stood here.
        case merge = "&merge"

        /// The ending of the files that are read from a directory.
        var ending: [UInt8] { Array((self == .include ? ".conf" : ".inc").utf8) }
    }

    /// A line, after joining those that it continues on.
    struct Line: Equatable {
        /// The number of its first line in the file, from 1.
        let number: Int
        let content: Content
    }

    /// The longest line, continuations included, in bytes.
    private static let longestLine = 64 * 1024

    private(set) var lines: [Line] = []
    private let file: [UInt8]

    /// Parses a file.
    ///
    /// - Parameters:
    ///   - contents: Its bytes.
    ///   - file: Its name, for messages.
    /// - Throws: ``DaemonConfigurationError``.
    init(_ contents: [UInt8], file: [UInt8] = []) throws(DaemonConfigurationError) {
        self.file = file
        var (number, start) = (0, 0)
        var pending: [UInt8] = []
        for piece in contents.split(separator: 10, omittingEmptySubsequences: false) {
            number += 1
            if pending.isEmpty { start = number }
            let line = Self.trimmed(piece)
            guard pending.count + line.count <= Self.longestLine else {
                throw flaw(start, "the line is longer than \(Self.longestLine) bytes")
            }
            if line.last == UInt8(ascii: "\\"), !pending.isEmpty || !Self.isComment(line) {
                pending += line.dropLast()
                continue
            }
            try add(Self.trimmed(pending + line), at: start)
            pending = []
        }
        try add(Self.trimmed(pending), at: start)
    }

    private func flaw(_ line: Int, _ reason: String) -> DaemonConfigurationError {
        DaemonConfigurationError(file: file, line: line, reason: reason)
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    static func trimmed(_ bytes: some BidirectionalCollection<UInt8>) -> [UInt8] {
        Array(bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }

    private static func isComment(_ line: [UInt8]) -> Bool {
        line.first == UInt8(ascii: "#") || line.first == UInt8(ascii: ";")
    }

    private mutating func add(_ line: [UInt8], at number: Int) throws(DaemonConfigurationError) {
        guard let first = line.first, !Self.isComment(line) else { return }
        switch first {
        case UInt8(ascii: "["): lines.append(Line(number: number, content: try section(line, at: number)))
        case UInt8(ascii: "&"): lines.append(Line(number: number, content: try directive(line, at: number)))
        default: lines.append(Line(number: number, content: try parameter(line, at: number)))
        }
    }

    private func parameter(_ line: [UInt8], at number: Int) throws(DaemonConfigurationError) -> Content {
        guard let cut = line.firstIndex(of: UInt8(ascii: "=")), cut > 0 else {
            throw flaw(number, "\"\(PrintableText.ofPeer(line))\" is neither [module] nor name = value")
        }
        let name = String(decoding: Self.trimmed(line[..<cut]), as: UTF8.self)
        return .parameter(
            name: name,
            key: ParameterDescriptor.key(of: name),
            value: Self.trimmed(line[(cut + 1)...])
        )
    }

    private func section(_ line: [UInt8], at number: Int) throws(DaemonConfigurationError) -> Content {
        let words = line.dropFirst().dropLast().split(whereSeparator: Self.isBlank)
        let name = Array(words.joined(separator: [32]))
        guard line.last == UInt8(ascii: "]"), !name.isEmpty, !name.contains(UInt8(ascii: "/")),
            !name.contains(UInt8(ascii: "]"))
        else { throw flaw(number, "\(PrintableText.ofPeer(line)) is not a valid module name") }
        return .section(String(decoding: name, as: UTF8.self).lowercased() == "global" ? nil : name)
    }

    private func directive(_ line: [UInt8], at number: Int) throws(DaemonConfigurationError) -> Content {
        let word = line.prefix { !Self.isBlank($0) && $0 != UInt8(ascii: "=") }
        let path = Self.trimmed(line[word.count...].drop { Self.isBlank($0) || $0 == UInt8(ascii: "=") })
        guard let directive = Directive(rawValue: String(decoding: word, as: UTF8.self)) else {
            throw flaw(number, "\(PrintableText.ofPeer(word)): only &include and &merge are directives")
        }
        guard !path.isEmpty else { throw flaw(number, "\(directive.rawValue) without a file or directory") }
        return .directive(directive, path)
    }
}
