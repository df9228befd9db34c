/// The keywords of the daemon protocol (protocol specification, session 3.3).
enum DaemonWord {
    static let okay = Array("@RSYNCD: OK".utf8)
    static let exit = Array("@RSYNCD: EXIT".utf8)
    static let authentication = Array("@RSYNCD: AUTHREQD ".utf8)
    static let error = Array("@ERROR".utf8)
    static let earlyInput = Array("#early_input=".utf8)
    static let newline = UInt8(ascii: "\n")
}

extension WireInput {
    /// Reads a line of text; carriage returns are dropped.
    ///
    /// - Parameters:
    ///   - limit: The most characters before the newline.
    ///   - field: The field's name, for the error.
    /// - Returns: The line without its newline.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 5 for a line that is too long or contains a NUL.
    func line(limit: Int, _ field: StaticString) throws(WireError) -> [UInt8] {
        var line: [UInt8] = []
        while true {
            let byte = try byte(field)
            if byte == DaemonWord.newline { return line }
            guard byte != 0 else { throw .violation("a NUL byte in \(field)", exitCode: 5) }
            guard line.count < limit else {
                throw .violation("\(field) is longer than \(limit) characters", exitCode: 5)
            }
            if byte != UInt8(ascii: "\r") { line.append(byte) }
        }
    }
}

/// Argument vectors on a stream (protocol specification, session 2.6 and 3.6): each argument ends with a NUL, and a
/// further NUL ends the vector.
///
/// Before protocol 30 a daemon's arguments end with newlines instead, but secluded ones do not.
package enum ArgumentStream {
    private static let countLimit = 16000
    private static let lengthLimit = 5119
    /// The most bytes of all arguments together.
    private static let totalLimit = 8 << 20
    private static let programName = Array("rsync".utf8)

    /// Writes a vector and flushes.
    ///
    /// - Parameters:
    ///   - arguments: The arguments, without the program's name.
    ///   - isSecluded: Whether they replace a command line, and start with the program's name.
    ///   - dialect: The dialect of the daemon's greeting.
    ///   - output: The stream to write to.
    /// - Throws: ``WireError/transport(_:)`` when they could not be written.
    package static func write(
        _ arguments: [[UInt8]],
        isSecluded: Bool = false,
        in dialect: Dialect = .newest,
        to output: WireOutput
    ) throws(WireError) {
        let end = end(isSecluded, dialect)
        for argument in (isSecluded ? [programName] : []) + arguments {
            try output.bytes(argument.isEmpty ? [UInt8(ascii: ".")] : argument)
            try output.byte(end)
        }
        try output.byte(end)
        try output.flush()
    }

    /// Reads a vector.
    ///
    /// - Parameters:
    ///   - input: The stream to read.
    ///   - isSecluded: Whether it starts with a program's name, which is removed.
    ///   - dialect: The dialect of the daemon's greeting.
    /// - Returns: The arguments.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 if there are too many or they are too long.
    package static func read(
        from input: WireInput,
        isSecluded: Bool = false,
        in dialect: Dialect = .newest
    ) throws(WireError) -> [[UInt8]] {
        let end = end(isSecluded, dialect)
        var arguments: [[UInt8]] = []
        var total = 0
        while true {
            var argument: [UInt8] = []
            while case let byte = try input.byte("an argument"), byte != end {
                guard argument.count < lengthLimit else { throw .incompatible("an argument is too long") }
                argument.append(byte)
            }
            if argument.isEmpty { break }
            total += argument.count
            guard arguments.count < countLimit, total <= totalLimit else {
                throw .incompatible("too many daemon arguments")
            }
            arguments.append(argument)
        }
        return isSecluded ? Array(arguments.dropFirst()) : arguments
    }

    /// What ends an argument.
    private static func end(_ isSecluded: Bool, _ dialect: Dialect) -> UInt8 {
        isSecluded || dialect.endsArgumentsWithNUL ? 0 : DaemonWord.newline
    }
}
