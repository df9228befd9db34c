/// A value of a YAML or JSON text, with the line that it begins on.
package struct YAMLNode: Sendable, Equatable {
    /// What it is.
    package indirect enum Value: Sendable, Equatable {
        /// A scalar.
        ///
        /// A plain one was written without quotes, so it may stand for something other than text: `true`, `20`.
        case scalar(String, isPlain: Bool)
        /// A sequence.
        case list([YAMLNode])
        /// A mapping in the order of the text; its keys are unique.
        case map([YAMLMember])
    }

    /// What it is.
    package let value: Value
    /// The line, from 1 on.
    package let line: Int

    /// The members of a mapping; nil if it is none.
    package var members: [YAMLMember]? {
        if case .map(let members) = value { members } else { nil }
    }

    /// The elements of a sequence; nil if it is none.
    package var elements: [YAMLNode]? {
        if case .list(let elements) = value { elements } else { nil }
    }

    /// The text of a scalar; nil if it is none.
    package var text: String? {
        if case .scalar(let text, _) = value { text } else { nil }
    }

    /// Whether it is a scalar without quotes.
    package var isPlainScalar: Bool { if case .scalar(_, isPlain: true) = value { true } else { false } }

    /// Whether it is an empty value, or one of the plain words for it.
    package var isNull: Bool {
        if case .scalar(let text, isPlain: true) = value {
            ["", "~", "null", "Null", "NULL"].contains(text)
        } else {
            false
        }
    }

    /// The boolean that YAML 1.1 takes a plain scalar for, as `kubectl apply` does; nil if it is none.
    package static func plainBoolean(_ text: String) -> Bool? {
        let words = [
            "true": true, "yes": true, "on": true, "y": true, "false": false, "no": false, "off": false, "n": false,
        ]
        // "yes", "Yes" and "YES", but not "yEs".
        let capitalized = text.prefix(1).uppercased() + text.dropFirst().lowercased()
        guard [text.lowercased(), text.uppercased(), capitalized].contains(text) else { return nil }
        return words[text.lowercased()]
    }

    /// The value of a key of a mapping; nil when there is none, or this is not a mapping.
    package subscript(key: String) -> YAMLNode? { members?.first { $0.key == key }?.value }
}

/// A key of a mapping and its value.
package struct YAMLMember: Sendable, Equatable {
    /// The key.
    package let key: String
    /// The line of the key, from 1 on.
    package let line: Int
    /// The value.
    package let value: YAMLNode
}

/// What is wrong with a text that should be YAML or JSON.
package struct YAMLFlaw: Error, Equatable, CustomStringConvertible {
    /// The line, from 1 on.
    package let line: Int
    /// What is wrong, as a clause.
    package let reason: String

    /// For example `line 7: the key "target" is there twice`.
    package var description: String { "line \(line): \(reason)" }
}
