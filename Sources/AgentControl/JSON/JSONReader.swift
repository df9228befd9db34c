/// What is wrong with a text that should be JSON.
package struct JSONFlaw: Error, Equatable, CustomStringConvertible {
    /// The position, in bytes from the start.
    package let offset: Int
    /// What was expected there.
    package let expected: String

    /// For example `not JSON: a value was expected at byte 7`.
    package var description: String { "not JSON: \(expected) was expected at byte \(offset)" }
}

extension JSONValue {
    /// Parses one value (RFC 8259), strictly, from a text that may be hostile.
    ///
    /// Nesting is bounded, member names are unique, texts are valid UTF-8, and only white space may follow the value.
    /// The work is linear in the length, which the caller bounds.
    ///
    /// - Parameter bytes: The whole text.
    /// - Throws: ``JSONFlaw``.
    package init(parsing bytes: [UInt8]) throws(JSONFlaw) {
        var reader = JSONReader(bytes: bytes)
        self = try reader.document()
    }

    /// The member of an object; nil when there is none, or this is not an object.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.0 == name }?.1
    }

    /// The text, if this is a text.
    package var asText: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// The number, if this is an integer.
    package var asInteger: Int64? {
        if case .integer(let number) = self { number } else { nil }
    }

    /// The flag, if this is a boolean.
    package var asFlag: Bool? {
        if case .flag(let flag) = self { flag } else { nil }
    }
}

/// Reads JSON from bytes, left to right.
private struct JSONReader {
    /// The maximum nesting depth of arrays and objects.
    private static let deepest = 16

    let bytes: [UInt8]
    private var offset = 0
    private var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(JSONFlaw) -> JSONValue {
        let value = try value()
        skipBlanks()
        guard offset == bytes.count else { throw flaw("the end") }
        return value
    }

    private func flaw(_ expected: String) -> JSONFlaw { JSONFlaw(offset: offset, expected: expected) }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipBlanks() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { offset += 1 }
    }

    /// Consumes a character if it is the next one.
    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private mutating func value() throws(JSONFlaw) -> JSONValue {
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return .object(try nested { (reader) throws(JSONFlaw) in try reader.members() })
        case UInt8(ascii: "["): return .list(try nested { (reader) throws(JSONFlaw) in try reader.values() })
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .flag(true))
        case UInt8(ascii: "f"): return try word("false", .flag(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func nested<Value>(
        _ body: (inout JSONReader) throws(JSONFlaw) -> Value
    ) throws(JSONFlaw) -> Value {
        guard depth < Self.deepest else { throw flaw("less nesting") }
        depth += 1
        defer { depth -= 1 }
        offset += 1
        return try body(&self)
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONFlaw) -> JSONValue {
        guard bytes[offset...].starts(with: word.utf8) else { throw flaw(word) }
        offset += word.utf8.count
        return value
    }

    private mutating func members() throws(JSONFlaw) -> [(String, JSONValue)] {
        var members: [(String, JSONValue)] = []
        var names: Set<String> = []
        skipBlanks()
        if take("}") { return [] }
        while true {
            skipBlanks()
            let name = try text()
            guard names.insert(name).inserted else { throw flaw("another name") }
            skipBlanks()
            guard take(":") else { throw flaw("a colon") }
            members.append((name, try value()))
            skipBlanks()
            if take("}") { return members }
            guard take(",") else { throw flaw("a comma or the end of an object") }
        }
    }

    private mutating func values() throws(JSONFlaw) -> [JSONValue] {
        var values: [JSONValue] = []
        skipBlanks()
        if take("]") { return [] }
        while true {
            values.append(try value())
            skipBlanks()
            if take("]") { return values }
            guard take(",") else { throw flaw("a comma or the end of a list") }
        }
    }

    // MARK: numbers

    private mutating func number() throws(JSONFlaw) -> JSONValue {
        let start = offset
        _ = take("-")
        if !take("0") { try digits() }
        var isWhole = true
        if take(".") {
            isWhole = false
            try digits()
        }
        if take("e") || take("E") {
            isWhole = false
            if !take("+") { _ = take("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isWhole, let number = Int64(text) { return .integer(number) }
        guard let number = Double(text), number.isFinite else { throw flaw("a smaller number") }
        return .decimal(number)
    }

    private mutating func digits() throws(JSONFlaw) {
        let start = offset
        while let byte = next, (0x30...0x39).contains(byte) { offset += 1 }
        guard offset > start else { throw flaw(start == 0 ? "a value" : "a value or a digit") }
    }

    // MARK: texts

    private mutating func text() throws(JSONFlaw) -> String {
        guard take("\"") else { throw flaw("a string") }
        var content: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else { throw flaw("UTF-8") }
                offset += 1
                return text
            case UInt8(ascii: "\\"):
                offset += 1
                content.append(contentsOf: try escape().utf8)
            case 0..<0x20: throw flaw("an escaped control character")
            default:
                content.append(byte)
                offset += 1
            }
        }
        throw flaw("the end of a string")
    }

    private mutating func escape() throws(JSONFlaw) -> String {
        let plain: [(Unicode.Scalar, Unicode.Scalar)] = [
            ("\"", "\""), ("\\", "\\"), ("/", "/"), ("n", "\n"), ("r", "\r"), ("t", "\t"), ("b", "\u{8}"),
            ("f", "\u{C}"),
        ]
        for (letter, meaning) in plain where take(letter) { return String(Character(meaning)) }
        guard take("u") else { throw flaw("an escape") }
        let first = try codeUnit()
        var units = [first]
        if UTF16.isLeadSurrogate(first) {
            guard take("\\"), take("u") else { throw flaw("the other half of a character") }
            units.append(try codeUnit())
        }
        guard let text = String(validating: units, as: UTF16.self) else { throw flaw("a character") }
        return text
    }

    private mutating func codeUnit() throws(JSONFlaw) -> UInt16 {
        guard bytes.count - offset >= 4 else { throw flaw("four hex digits") }
        let digits = bytes[offset..<offset + 4]
        guard digits.allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw flaw("four hex digits") }
        offset += 4
        return unit
    }
}
