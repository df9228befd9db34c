import RsyncOptions

/// The options of a server's command line: which are served, and the names of those that are not.
enum OptionTable {
    /// An option that is on or off.
    struct Switch: Sendable {
        let name: String
        let letter: Character?
        let set: @Sendable (inout TransferOptions, Bool) -> Void

        init(
            _ name: String,
            _ letter: Character? = nil,
            _ set: @escaping @Sendable (inout TransferOptions, Bool) -> Void
        ) {
            self.name = name
            self.letter = letter
            self.set = set
        }
    }

    private static let switches: [Switch] = [
        Switch("recursive", "r") { $0.selection.recursive = $1 },
        Switch("links", "l") { $0.attributes.links = $1 },
        Switch("perms", "p") { $0.attributes.permissions = $1 },
        Switch("times", "t") { $0.attributes.times = $1 },
        Switch("group", "g") { $0.attributes.group = $1 },
        Switch("owner", "o") { $0.attributes.owner = $1 },
        Switch("devices") { $0.attributes.devices = $1 },
        Switch("specials") { $0.attributes.specials = $1 },
        Switch("hard-links", "H") { $0.attributes.hardLinks = $1 },
        Switch("dry-run", "n") { $0.dryRun = $1 },
        Switch("checksum", "c") { $0.comparison.checksum = $1 },
        Switch("sparse", "S") { $0.placement.sparse = $1 },
        Switch("whole-file", "W") { $0.wire.wholeFile = $1 },
        Switch("compress", "z") { $0.wire.compress = $1 },
        Switch("ignore-times", "I") { $0.comparison.ignoreTimes = $1 },
        Switch("size-only") { $0.comparison.sizeOnly = $1 },
        Switch("quiet", "q") { $0.output.quiet = $1 },
        Switch("delete") { $0.deletion.isOn = $1 },
        Switch("delete-during") { $0.deletion.isOn = $1 },
        Switch("del") { $0.deletion.isOn = $1 },
        Switch("delete-before") {
            $0.deletion.isOn = $1
            $0.deletion.isBefore = $1
        },
        Switch("dvm-smallest-first") { $0.agent.smallestFirst = $1 },
        Switch("dvm-notes") { $0.agent.notes = $1 },
        Switch("fsync") { $0.placement.fsync = $1 },
        Switch("dvm-shows-life") { $0.agent.showsLife = $1 },
        Switch("dvm-refuse-empty") { $0.deletion.refusesEmptySource = $1 },
        Switch("dvm-tally") { $0.agent.tallies = $1 },
        Switch("numeric-ids") { $0.attributes.numericIDs = $1 },
        Switch("partial") { $0.placement.partial = $1 },
        Switch("inplace") { $0.placement.inPlace = $1 },
        Switch("stats") { $0.output.stats = $1 },
        Switch("omit-dir-times", "O") { $0.attributes.omitDirectoryTimes = $1 },
        Switch("ignore-errors") { $0.deletion.ignoreErrors = $1 },
        Switch("inc-recursive") { $0.wire.incrementalRecursion = $1 },
        Switch("i-r") { $0.wire.incrementalRecursion = $1 },
    ]

    /// The switches by their long name.
    static let byName: [String: Switch] = {
        var table = Dictionary(uniqueKeysWithValues: switches.map { ($0.name, $0) })
        // Short forms that clients send negated, such as `--no-r` and `--no-W`.
        for option in switches {
            if let letter = option.letter { table[String(letter)] = option }
        }
        table["D"] = Switch("D") {
            $0.attributes.devices = $1
            $0.attributes.specials = $1
        }
        return table
    }()

    /// The switches by their letter.
    static let byLetter: [Character: Switch] = Dictionary(
        uniqueKeysWithValues: switches.compactMap { option in option.letter.map { ($0, option) } }
    )

    /// Options that take a value, which may be the next argument.
    static let withValue: Set<String> = [
        "compress-level", "block-size", "timeout", "bwlimit", "checksum-seed", "log-format", "compress-choice",
        "checksum-choice", "modify-window",
    ]

    /// Letters of rsync that are not served, with their long names.
    static let refusedLetters: [Character: String] = [
        "b": "backup", "u": "update", "d": "dirs", "K": "keep-dirlinks", "m": "prune-empty-dirs",
        "J": "omit-link-times",
        "y": "fuzzy", "L": "copy-links", "k": "copy-dirlinks", "U": "atimes", "N": "crtimes", "E": "executability",
        "A": "acls", "X": "xattrs", "C": "cvs-exclude", "R": "relative", "x": "one-file-system",
    ]

    /// Long options of rsync that are not served and have no letter on the wire.
    static let refusedNames: Set<String> = Set(refusedLetters.values).union([
        "iconv", "list-only", "msgs2stderr", "no-msgs2stderr", "backup-dir", "suffix", "max-delete", "min-size",
        "max-size", "delete-delay", "delete-after", "delete-excluded", "force", "only-write-batch",
        "super", "skip-compress", "max-alloc", "delete-missing-args", "ignore-missing-args", "partial-dir",
        "delay-updates", "copy-unsafe-links", "safe-links", "usermap", "groupmap", "ignore-existing", "existing",
        "temp-dir", "compare-dest", "copy-dest", "link-dest", "info", "debug", "append", "files-from", "from0",
        "no-relative", "no-implied-dirs", "write-devices", "remove-source-files", "remove-sent-files", "copy-devices",
        "preallocate", "open-noatime", "mkpath", "fake-super", "munge-links", "daemon", "config",
    ])
}
