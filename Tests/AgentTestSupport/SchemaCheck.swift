import Foundation

/// The schemas that the repository has in docs/schemas, as far as they use JSON Schema.
package struct SchemaCheck {
    private static let keywords: Set<String> = [
        "$schema", "$id", "title", "description", "default", "type", "enum", "const", "pattern", "minLength", "minimum",
        "maximum",
        "items", "required", "properties", "additionalProperties", "oneOf",
    ]
    private let schema: [String: Any]

    /// Reads a schema.
    ///
    /// - Parameter name: Such as `termination` for docs/schemas/termination.schema.json.
    /// - Throws: When it is not there or is no JSON object.
    package init(_ name: String) throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
            path: "../../docs/schemas/\(name).schema.json"
        )
        let value = try JSONSerialization.jsonObject(with: try Data(contentsOf: path))
        guard let schema = value as? [String: Any] else { throw Unexpected("\(name) is no object") }
        self.schema = schema
    }

    /// What is wrong with a JSON text, one line for each fault; empty when nothing is.
    package func faults(of text: String) throws -> [String] {
        Self.faults(of: try JSONSerialization.jsonObject(with: Data(text.utf8)), schema, "")
    }

    private static func faults(of value: Any, _ schema: [String: Any], _ place: String) -> [String] {
        var faults = schema.keys.filter { !keywords.contains($0) }.map { "\(place): keyword \($0) is not checked" }
        if let choices = schema["oneOf"] as? [[String: Any]] {
            let results = choices.map { Self.faults(of: value, $0, place) }
            // The one with the fewest faults is the one that was meant.
            return faults + (results.min { $0.count < $1.count } ?? ["\(place): nothing is allowed"])
        }
        let types = schema["type"] as? [String] ?? (schema["type"] as? String).map { [$0] } ?? [kind(of: value)]
        guard types.contains(kind(of: value)) else { return faults + ["\(place): \(value) is not \(types)"] }
        if let words = schema["enum"] as? [String], !((value as? String).map(words.contains) ?? false) {
            faults.append("\(place): \(value) is none of \(words)")
        }
        if let word = schema["const"] as? String, value as? String != word { faults.append("\(place): not \(word)") }
        switch value {
        case let text as String: faults += textFaults(text, schema, place)
        case let number as NSNumber: faults += numberFaults(number, schema, place)
        case let elements as [Any]:
            let items = schema["items"] as? [String: Any] ?? [:]
            faults += elements.flatMap { Self.faults(of: $0, items, place + "[]") }
        case let members as [String: Any]: faults += memberFaults(members, schema, place)
        default: break
        }
        return faults
    }

    private static func textFaults(_ text: String, _ schema: [String: Any], _ place: String) -> [String] {
        var faults: [String] = []
        if text.count < schema["minLength"] as? Int ?? 0 { faults.append("\(place): \"\(text)\" is too short") }
        if let pattern = schema["pattern"] as? String, text.range(of: pattern, options: .regularExpression) == nil {
            faults.append("\(place): \"\(text)\" does not match \(pattern)")
        }
        return faults
    }

    private static func numberFaults(_ number: NSNumber, _ schema: [String: Any], _ place: String) -> [String] {
        let isInside =
            number.doubleValue >= (schema["minimum"] as? Double ?? -.infinity)
            && number.doubleValue <= (schema["maximum"] as? Double ?? .infinity)
        return isInside ? [] : ["\(place): \(number) is out of range"]
    }

    private static func memberFaults(
        _ members: [String: Any],
        _ schema: [String: Any],
        _ place: String
    ) -> [String] {
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        var faults = (schema["required"] as? [String] ?? []).filter { members[$0] == nil }.map {
            "\(place): \($0) is missing"
        }
        for (name, value) in members {
            if let property = properties[name] {
                faults += Self.faults(of: value, property, "\(place)/\(name)")
            } else if schema["additionalProperties"] as? Bool == false {
                faults.append("\(place): \(name) is unknown")
            }
        }
        return faults
    }

    /// The JSON Schema word for a value; a number without a fraction is an `integer`.
    private static func kind(of value: Any) -> String {
        switch value {
        case is String: return "string"
        case let number as NSNumber:
            if String(cString: number.objCType) == "c" { return "boolean" }
            return number.doubleValue == number.doubleValue.rounded() ? "integer" : "number"
        case is [Any]: return "array"
        case is [String: Any]: return "object"
        default: return "null"
        }
    }
}
