/// All options, and their lookup.
package enum OptionTable {
    /// One section of the table: its title in help and documents, and its options.
    package struct Section: Sendable {
        package let title: String
        package let options: [OptionDescriptor]
    }

    /// The table, in the order of help and documents.
    package static let sections = [
        Section(title: "What is transferred", options: selection),
        Section(title: "Comparison: when a file counts as unchanged", options: comparison),
        Section(title: "Attributes that are preserved", options: attributes),
        Section(title: "How files are written", options: placement),
        Section(title: "What is deleted", options: deletion),
        Section(title: "How the two ends communicate", options: wire),
        Section(title: "Connecting to the other end", options: connection),
        Section(title: "What is printed", options: output),
        Section(title: "Daemon", options: daemon),
        Section(title: "Between dvm programs", options: agent),
    ]

    /// Every option.
    package static let options = sections.flatMap(\.options)

    /// Whether the client honours the option with a long name.
    package static func accepts(_ name: String) -> Bool {
        switch client[name]?.reading {
        case nil, .unknown, .refused: false
        default: true
        }
    }

    static let client = OptionIndex(options) { $0.client }
    static let server = OptionIndex(options) { $0.server }
    static let daemonLine = OptionIndex(options) { $0.daemon }
}

/// The options of one of the three command lines by name and by letter.
struct OptionIndex<State>: Sendable {
    /// The result of a lookup.
    struct Entry: Sendable {
        let option: OptionDescriptor
        let reading: OptionReading<State>
    }

    private var byName: [String: Entry] = [:]
    private var byLetter: [Character: Entry] = [:]

    init(_ options: [OptionDescriptor], reading: (OptionDescriptor) -> OptionReading<State>) {
        for option in options {
            let entry = Entry(option: option, reading: reading(option))
            if case .unknown = entry.reading { continue }
            for name in option.names { byName[name] = entry }
            if let letter = option.letter { byLetter[letter] = entry }
        }
    }

    /// The option with a long name.
    subscript(name: String) -> Entry? { byName[name] }

    /// The option with a letter.
    subscript(letter: Character) -> Entry? { byLetter[letter] }

    /// The option that a name such as `no-perms` or `no-p` turns off.
    func turnedOff(by word: String) -> Entry? {
        guard word.hasPrefix("no-") else { return nil }
        let bare = word.dropFirst(3)
        if let letter = bare.first, bare.count == 1 { return letter == "-" ? nil : byLetter[letter] }
        return bare.hasPrefix("no-") ? nil : byName[String(bare)]
    }
}
