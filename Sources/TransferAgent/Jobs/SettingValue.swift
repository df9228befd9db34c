/// A value as it was given, before its setting says what it means.
package enum GivenValue: Sendable, Equatable {
    /// Of a flag, a variable or a file; a plain one was written without quotes.
    case scalar(String, isPlain: Bool)
    /// Of a file, or of a flag that may be repeated.
    case list([String])

    /// The elements of a list, or the one value.
    var texts: [String] {
        switch self {
        case .scalar(let text, _): [text]
        case .list(let texts): texts
        }
    }
}

/// A value that its setting accepts.
package enum SettingValue: Sendable, Equatable {
    case text(String)
    case number(Int)
    case flag(Bool)
    case texts([String])
    case numbers([Int])
}

/// What values a setting accepts.
package enum SettingKind: Sendable, Equatable {
    /// Any text but the empty one.
    case text
    /// `true` or `false`.
    case flag
    /// A whole number.
    case number(ClosedRange<Int>)
    /// One of some words.
    case choice([String])
    /// A list of texts.
    case texts
    /// A list of some words.
    case choices([String])
    /// A list of whole numbers.
    case numbers(ClosedRange<Int>)
    /// One command of a shell, or a list of them.
    case commands

    /// Reads a value.
    ///
    /// - Parameter given: The value as given.
    /// - Returns: The value; nil when it is not of this kind, which ``expectation`` describes.
    func value(_ given: GivenValue) -> SettingValue? {
        switch (self, given) {
        case (.text, .scalar(let text, _)): return text.isEmpty ? nil : .text(text)
        case (.flag, .scalar(let text, isPlain: true)):
            return ["true": .flag(true), "false": .flag(false)][text]
        case (.number(let range), .scalar(let text, isPlain: true)): return Self.number(text, range).map { .number($0) }
        case (.numbers(let range), .list(let texts)):
            let numbers = texts.compactMap { Self.number($0, range) }
            return numbers.count == texts.count ? .numbers(numbers) : nil
        case (.choice(let words), .scalar(let text, _)): return words.contains(text) ? .text(text) : nil
        case (.commands, .scalar(let text, _)): return text.isEmpty ? nil : .texts([text])
        case (.texts, .list(let texts)), (.commands, .list(let texts)): return texts.contains("") ? nil : .texts(texts)
        case (.choices(let words), .list(let texts)):
            return texts.allSatisfy(words.contains) ? .texts(texts) : nil
        case (.flag, .scalar(_, isPlain: false)), (.number, .scalar(_, isPlain: false)): return nil
        case (.text, .list), (.flag, .list), (.number, .list), (.choice, .list): return nil
        case (.texts, .scalar), (.choices, .scalar), (.numbers, .scalar): return nil
        }
    }

    private static func number(_ text: String, _ range: ClosedRange<Int>) -> Int? {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isPlain, let number = Int(text), range.contains(number) else { return nil }
        return number
    }

    /// What a value of it is, as an object of "is not".
    var expectation: String {
        switch self {
        case .text: "a text"
        case .flag: "true or false"
        case .number(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let words): "one of \(words.joined(separator: ", "))"
        case .texts: "a list of texts"
        case .commands: "a command or a list of commands"
        case .numbers(let range): "a list of whole numbers from \(range.lowerBound) to \(range.upperBound)"
        case .choices(let words): "a list of words of \(words.joined(separator: ", "))"
        }
    }

    /// Whether its values are lists.
    var isList: Bool {
        switch self {
        case .texts, .choices, .numbers: true
        // A variable holds one command, which may have commas.
        case .commands, .text, .flag, .number, .choice: false
        }
    }
}
