/// A value that can be written as JSON (RFC 8259) on one line; members keep their order.
package enum JSONValue: Sendable {
    case text(String)
    case integer(Int64)
    /// Written with at most three decimals; a value that is not finite becomes null.
    case decimal(Double)
    case flag(Bool)
    case null
    case list([JSONValue])
    case object([(String, JSONValue)])

    /// The JSON text, without line breaks.
    package var encoded: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .integer(let number): "\(number)"
        case .decimal(let number):
            number.isFinite && number.magnitude < 1e15 ? "\((number * 1000).rounded() / 1000)" : "null"
        case .flag(let flag): flag ? "true" : "false"
        case .null: "null"
        case .list(let values): "[" + values.map(\.encoded).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\(Self.quoted($0)):\($1.encoded)" }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            // Control characters, and the two that JavaScript treats as line ends.
            case "\0"..<" ", "\u{7F}", "\u{2028}", "\u{2029}":
                result += "\\u" + String(65536 + scalar.value, radix: 16).dropFirst()
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
