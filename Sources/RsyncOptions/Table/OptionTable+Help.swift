extension OptionDescriptor {
    /// The option's line of `--help`.
    fileprivate var helpLine: String {
        let left = spellings.joined(separator: ", ")
        return left + String(repeating: " ", count: max(2, 34 - left.count)) + help
    }

    /// Its spellings, the value after the long ones.
    package var spellings: [String] { spellings(with: argument.map { "=\($0)" } ?? "") }

    fileprivate func spellings(with value: String) -> [String] {
        names.map { "--\($0)\(value)" } + (letter.map { ["-\($0)"] } ?? [])
    }
}

extension OptionTable {
    /// The client options of `--help`.
    package static var help: String {
        var lines: [String] = []
        var refused: [String] = []
        for section in sections {
            var honoured: [String] = []
            for option in section.options {
                switch option.client {
                case .unknown: continue
                case .refused: refused.append(option.spellings(with: "").joined(separator: "|"))
                default: honoured.append(option.helpLine)
                }
            }
            if !honoured.isEmpty { lines += ["\(section.title):"] + honoured + [""] }
        }
        return (lines + ["Options of rsync that are refused (see docs/options.md):"] + filled(refused)).joined(
            separator: "\n"
        )
    }

    /// Words in lines of at most 120 characters.
    private static func filled(_ words: [String]) -> [String] {
        words.reduce(into: [" "]) { lines, word in
            if lines[lines.count - 1].count + word.count > 118 { lines.append(" ") }
            lines[lines.count - 1] += " " + word
        }
    }
}
