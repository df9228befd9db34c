/// Words of others made fit for a terminal, a log or JSON: nothing in them can move a cursor, begin a line, or turn the
/// direction of what is shown.
///
/// UTF-8 is kept. What is not, control characters, line separators and bidirectional marks are shown byte by byte as
/// `\#ooo`, as rsync shows names (protocol specification, transfer 18.2), and a backslash that could be taken for the
/// beginning of that as well.
package enum PrintableText {
    /// What of a peer's text is shown in one place; more is truncated and said so.
    package static let usualLimit = 1000

    /// Makes bytes printable.
    ///
    /// - Parameters:
    ///   - bytes: Whatever someone else chose.
    ///   - limit: The most bytes of them that are shown.
    /// - Returns: One line.
    package static func escaped(_ bytes: some Collection<UInt8>, limit: Int = .max) -> String {
        let shown = Array(bytes.prefix(limit))
        var text = ""
        text.reserveCapacity(shown.count)
        var decoder = Unicode.UTF8.ForwardParser()
        var iterator = shown.makeIterator()
        var offset = 0
        while true {
            switch decoder.parseScalar(from: &iterator) {
            case .emptyInput:
                let rest = bytes.count - shown.count
                return rest > 0 ? text + "… (\(rest) more bytes)" : text
            case .valid(let units):
                let scalar = Unicode.UTF8.decode(units)
                if isShown(scalar), !(scalar == "\\" && looksEscaped(shown[offset...])) {
                    text.unicodeScalars.append(scalar)
                } else {
                    for byte in units { text += octal(byte) }
                }
                offset += units.count
            case .error(let length):
                for byte in shown[offset..<offset + length] { text += octal(byte) }
                offset += length
            }
        }
    }

    /// Makes a text printable.
    ///
    /// - Parameters:
    ///   - text: Whatever someone else chose.
    ///   - limit: The most bytes of it that are shown.
    /// - Returns: One line.
    package static func escaped(_ text: String, limit: Int = .max) -> String { escaped(text.utf8, limit: limit) }

    /// Makes a path printable.
    ///
    /// - Parameter path: Its bytes.
    /// - Returns: One line; `.` for an empty path.
    package static func path(_ path: some Collection<UInt8>) -> String { path.isEmpty ? "." : escaped(path) }

    /// The bytes that a printable text stands for, for a reader that escapes them itself.
    package static func unescaped(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: "\\"), looksEscaped(rest),
                let value = UInt8(String(decoding: rest.dropFirst(2).prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(5)
            } else {
                bytes.append(byte)
                rest = rest.dropFirst()
            }
        }
        return bytes
    }

    /// Makes text of a peer printable: at most ``usualLimit`` bytes of it.
    package static func ofPeer(_ bytes: some Collection<UInt8>) -> String { escaped(bytes, limit: usualLimit) }

    /// Makes text of a peer printable: at most ``usualLimit`` bytes of it.
    package static func ofPeer(_ text: String) -> String { escaped(text, limit: usualLimit) }

    /// Whether a character may stand in a line as it is.
    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        // Marks of direction are of the category of formats, as are joiners, which many scripts need.
        case .control, .lineSeparator, .paragraphSeparator: false
        case .format: !turnsDirection(scalar)
        default: true
        }
    }

    private static func turnsDirection(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x061C, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// Whether what begins with a backslash could be taken for an escape.
    package static func looksEscaped(_ rest: ArraySlice<UInt8>) -> Bool {
        rest.count >= 5 && rest.dropFirst().first == UInt8(ascii: "#")
            && rest.dropFirst(2).prefix(3).allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// A byte as `\#ooo`.
    package static func octal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 8)
        return "\\#" + String(repeating: "0", count: 3 - digits.utf8.count) + digits
    }
}
