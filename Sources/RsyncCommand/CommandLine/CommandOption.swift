/// One option of the command line.
///
/// The table of them drives parsing and help.
struct CommandOption: Sendable {
    typealias Target = RsyncCommandLine

    /// What the option does.
    enum Action: Sendable {
        /// Turns something on, or off behind `--no-`.
        case toggle(@Sendable (inout Target, Bool) -> Void)
        /// Does something; has no `--no-` form.
        case effect(@Sendable (inout Target) -> Void)
        /// Takes a value.
        case value(String, @Sendable (inout Target, OptionValue) throws(CommandError) -> Void)
    }

    /// The long names, the usual one first.
    let names: [String]
    let letter: Character?
    let help: String
    let action: Action

    init(_ names: String, _ letter: Character? = nil, _ help: String, _ action: Action) {
        self.names = names.split(separator: " ").map(String.init)
        self.letter = letter
        self.help = help
        self.action = action
    }

    /// The option's line of `--help`.
    var helpLine: String {
        var left = names.map { "--\($0)" }.joined(separator: ", ")
        if case .value(let what, _) = action { left += "=\(what)" }
        if let letter { left = left.isEmpty ? "-\(letter)" : left + ", -\(letter)" }
        return left + String(repeating: " ", count: max(2, 34 - left.count)) + help
    }
}

/// The value of an option, with the ways to read it.
struct OptionValue {
    let option: String
    let bytes: [UInt8]

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The failure of a value that means nothing.
    var invalid: CommandError { .usage("--\(option)=\(text) is invalid") }

    /// A whole number within limits.
    func number<Value: FixedWidthInteger>(in range: ClosedRange<Value>) throws(CommandError) -> Value {
        guard let number = Value(text) else { throw .usage("--\(option)=\(text): invalid numeric value") }
        guard range.contains(number) else { throw invalid }
        return number
    }

    /// A size with an optional fraction and suffix: `K`, `KiB` for 1024, `KB` for 1000, and so on.
    ///
    /// - Parameter unit: What a number without suffix counts, in bytes.
    /// - Returns: Bytes.
    /// - Throws: ``CommandError/usage(_:)`` for what is no size.
    func size(unit: Double) throws(CommandError) -> Int64 {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits) else { throw invalid }
        let suffix = text.dropFirst(digits.count).lowercased()
        var factor = unit
        if let letter = suffix.first {
            let rest = suffix.dropFirst()
            guard rest.isEmpty || rest == "ib" || rest == "b" || letter == "b" && rest.isEmpty else { throw invalid }
            guard let power = ["b": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5][String(letter)] else { throw invalid }
            factor = 1
            for _ in 0..<power { factor *= rest == "b" ? 1000 : 1024 }
        }
        let bytes = number * factor
        guard bytes < 9e18 else { throw invalid }
        return Int64(bytes)
    }
}
