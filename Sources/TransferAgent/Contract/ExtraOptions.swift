import LinuxSystem

/// The additional options of rsync that operators set today, as settings of a job (MTC contract 1.2).
struct ExtraOptions {
    /// Settings in the order of the options.
    private(set) var settings: [(String, GivenValue)] = []
    /// What the user should know, one line each.
    private(set) var notes: [String] = []
    private var patterns: (include: [String], exclude: [String]) = ([], [])

    /// Reads options that are separated by blanks.
    ///
    /// What does not look like an option is left out with a note, as the controller does it; an option that a transfer
    /// cannot honour is refused.
    ///
    /// - Parameters:
    ///   - text: The options.
    ///   - refuse: Makes an error.
    /// - Throws: What `refuse` makes.
    init(_ text: String, refuse: (String) -> AgentError) throws(AgentError) {
        for word in text.split(whereSeparator: \.isWhitespace).map(String.init) {
            // The controller's command goes through a shell, which would remove or replace these.
            guard !word.contains(where: { Self.shellCharacters.contains($0) }) else {
                throw refuse(
                    "\(PrintableText.ofPeer(word)) has a character that a shell interprets; write it in a job file"
                )
            }
            guard let (name, value) = Self.parts(word) else {
                notes.append("\(PrintableText.ofPeer(word)) does not look like an option and is left out")
                continue
            }
            try add(name, value, word, refuse)
        }
        if !patterns.include.isEmpty { settings.append(("include", .list(patterns.include))) }
        if !patterns.exclude.isEmpty { settings.append(("exclude", .list(patterns.exclude))) }
    }

    /// Name and value of an option that matches `^\-{1,2}([a-z0-9]+\-){0,}?[a-z0-9]+(=.*)?$`; nil for any other.
    static func parts(_ word: String) -> (name: String, value: String?)? {
        guard word.hasPrefix("-") else { return nil }
        let rest = word.dropFirst(word.hasPrefix("--") ? 2 : 1)
        let name = rest.prefix { $0 != "=" }
        let isPlain = name.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
        }
        guard isPlain else { return nil }
        let dashes = word.prefix(word.count - rest.count)
        return (
            dashes + String(name), name.endIndex == rest.endIndex ? nil : String(rest[name.endIndex...].dropFirst())
        )
    }

    private static let shellCharacters: Set<Character> = Set("'\"\\$`;&|<>(){}~")

    /// Options without a value, and the settings that they stand for.
    private static let flags: [String: (setting: String, value: String)] = [
        "--checksum": ("checksum", "true"), "-c": ("checksum", "true"), "--no-checksum": ("checksum", "false"),
        "--delete": ("delete", "true"), "--partial": ("partial", "true"), "--no-partial": ("partial", "false"),
        "--hard-links": ("hard-links", "true"), "--no-hard-links": ("hard-links", "false"),
        "--sparse": ("sparse", "true"), "--no-sparse": ("sparse", "false"),
        "--acls": ("attributes", "always"), "--xattrs": ("attributes", "always"),
        "--numeric-ids": ("owners", "numbers"), "--no-numeric-ids": ("owners", "names"),
        "--omit-dir-times": ("omit-dir-times", "true"), "--compress": ("compress", "auto"), "-z": ("compress", "auto"),
    ]
    /// Options with a value, and the settings that have the same value.
    private static let values = [
        "--bwlimit": "bwlimit", "--compress-choice": "compress", "--zc": "compress", "--max-delete": "max-delete",
        "--block-size": "block-size",
    ]
    /// Options for what a transfer does anyway, or that change only what rsync prints.
    private static let needless: Set = [
        "--archive", "-a", "--recursive", "-r", "--links", "-l", "--perms", "-p", "--times", "-t", "--owner", "-o",
        "--group", "-g", "--devices", "--specials", "--no-inplace", "--human-readable", "-h", "--verbose", "-v",
        "--stats",
        "--progress", "--info", "--log-file", "--itemize-changes", "-i",
    ]

    private mutating func add(
        _ name: String,
        _ value: String?,
        _ word: String,
        _ refuse: (String) -> AgentError
    ) throws(AgentError) {
        if Self.needless.contains(name) { return }
        switch (name, value) {
        case ("--exclude", let pattern?): patterns.exclude.append(pattern)
        case ("--include", let pattern?):
            guard patterns.exclude.isEmpty else {
                throw refuse("an include after an exclude: in a job, patterns to include are looked at first")
            }
            patterns.include.append(pattern)
        case (_, nil):
            guard let flag = Self.flags[name] else { throw refuse(Self.unknown(word)) }
            settings.append((flag.setting, .scalar(flag.value, isPlain: true)))
        case (_, let value?):
            guard let setting = Self.values[name] else { throw refuse(Self.unknown(word)) }
            settings.append((setting, .scalar(value, isPlain: true)))
        }
    }

    private static func unknown(_ word: String) -> String {
        "\(PrintableText.ofPeer(word)) is an option of rsync that a transfer of dvm-source does not have"
    }
}
