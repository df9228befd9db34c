import LinuxSystem

/// The options that a daemon refuses: the words of `refuse options` (protocol specification, session 11.6).
package struct OptionRefusals: Sendable, Equatable {
    /// Options that are refused unless a word accepts them.
    private static let refusedAnyway = ["--copy-devices", "--write-devices"]
    /// Options that no wildcard matches.
    private static let vital: Set<String> = [
        "--server", "--sender", "--rsh", "--out-format", "--log-format", "--dry-run", "--secluded-args", "--from0",
        "--iconv", "--checksum-seed", "--copy-devices", "--write-devices",
    ]
    /// What `a` and `archive` stand for.
    private static let archive = Set("rlptgoD".map(String.init) + ["devices", "specials"])

    /// The refused options, by their spelling.
    private var refused = Set(refusedAnyway)
    /// Those that a word names without wildcards: they are also refused when another option implies them.
    private var named: Set<String> = []
    /// Words that match no option.
    package private(set) var unmatched: [String] = []

    /// Reads the words in order: later ones win, and those after `!` accept.
    package init(_ words: [String]) {
        for word in words {
            let isAccepting = word.hasPrefix("!")
            apply(isAccepting ? String(word.dropFirst()) : word, isAccepting: isAccepting)
        }
    }

    private mutating func apply(_ pattern: String, isAccepting: Bool) {
        let isWild = pattern.contains { "*?[".contains($0) }
        let isArchive = ["a", "archive"].contains(pattern)
        var hasMatched = isArchive
        for option in OptionTable.options where option.reachesServer {
            if isWild, Self.vital.contains(option.spelling) { continue }
            let words = option.refusalWords
            let isNamed = words.contains { isWild ? matchesFileNamePattern(pattern, $0) : pattern == $0 }
            let isImplied = isArchive && words.contains(where: Self.archive.contains)
            // Refusing deletion means every way to delete.
            let isDeletion = pattern == "delete" && !isAccepting && words.contains { $0.hasPrefix("delete-") }
            guard isNamed || isImplied || isDeletion else { continue }
            hasMatched = true
            if isAccepting {
                refused.remove(option.spelling)
                named.remove(option.spelling)
            } else {
                refused.insert(option.spelling)
                if !isWild { named.insert(option.spelling) }
            }
        }
        if !hasMatched { unmatched.append(pattern) }
    }

    /// The first option that a client uses and the daemon refuses.
    ///
    /// - Parameters:
    ///   - used: The options among the client's arguments, in their order, by their spelling.
    ///   - transfer: What they mean together.
    ///   - isSender: Whether the daemon sends.
    /// - Returns: The option as the refusal names it; nil when nothing is refused.
    package func first(of used: [String], in transfer: TransferOptions, isSender: Bool) -> String? {
        let options = OptionTable.options
        let implied = options.first { named.contains($0.spelling) && $0.isUsed?(transfer) == true }
        if let implied { return implied.spellingWithLetter }
        let removesSources = isSender && named.contains("--delete") ? ["--remove-source-files"] : []
        let spelled = used.first { refused.contains($0) || removesSources.contains($0) }
        return options.first { $0.spelling == spelled }?.spellingWithLetter
    }
}

extension OptionRefusals {
    private static let configured = "The server is configured to refuse "
    private static let unknown = ": unknown option"

    /// The words with which a daemon refuses an option.
    package static func text(_ option: String) -> String { configured + option }

    /// The option that a server refused, by its words, which are all that a client gets.
    ///
    /// - Parameter text: What the server has reported.
    /// - Returns: The long name of an option that is refused by configuration or unknown there; nil if the text says something
    ///   else.
    package static func option(refusedBy text: String) -> String? {
        guard text.contains(configured) || text.contains(unknown) else { return nil }
        let word = text.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("--") }
        return word.map { String($0.prefix { !"=:".contains($0) }) }
    }
}

extension OptionDescriptor {
    /// Whether a client may send it to a server.
    fileprivate var reachesServer: Bool {
        switch server {
        case .unknown, .refused: false
        case .toggle, .effect, .value: true
        }
    }
}
