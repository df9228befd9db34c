import Checksums
import RsyncOptions
import RsyncWire

/// The options of a client's command line.
enum OptionCatalogue {
    /// The options in the order of `--help`.
    static let options: [CommandOption] = selection + metadata + transport + output

    private static let selection: [CommandOption] = [
        CommandOption("archive", "a", "same as -rlptgoD", .effect { $0.options.setArchive() }),
        CommandOption("recursive", "r", "go into directories", .toggle { $0.options.selection.recursive = $1 }),
        CommandOption(
            "inc-recursive i-r",
            nil,
            "list directories during the transfer",
            .toggle { $0.options.wire.incrementalRecursion = $1 }
        ),
        CommandOption("checksum", "c", "compare files by checksum", .toggle { $0.options.comparison.checksum = $1 }),
        CommandOption(
            "ignore-times",
            "I",
            "transfer files whose size and time match too",
            .effect { $0.options.comparison.ignoreTimes = true }
        ),
        CommandOption("size-only", nil, "compare files by size", .effect { $0.options.comparison.sizeOnly = true }),
        CommandOption(
            "modify-window",
            "@",
            "seconds that times may differ by; -1: nanoseconds count",
            .value("NUM") { (line, value) throws(CommandError) in
                line.options.comparison.modifyWindow = try value.number(in: Int32.min...Int32.max)
            }
        ),
        CommandOption(
            "delete",
            nil,
            "delete what the source does not have",
            .effect { $0.options.deletion.isOn = true }
        ),
        CommandOption(
            "delete-during del",
            nil,
            "the same: deletion is always during the transfer",
            .effect { $0.options.deletion.isOn = true }
        ),
        CommandOption(
            "ignore-errors",
            nil,
            "delete even after errors",
            .toggle { $0.options.deletion.ignoreErrors = $1 }
        ),
        CommandOption(
            "exclude",
            nil,
            "leave out names that match",
            .value("PATTERN") { (line, value) throws(CommandError) in
                try line.addFilter(value.bytes, isInclude: false)
            }
        ),
        CommandOption(
            "include",
            nil,
            "do not leave out names that match",
            .value("PATTERN") { (line, value) throws(CommandError) in
                try line.addFilter(value.bytes, isInclude: true)
            }
        ),
        CommandOption(
            "exclude-from",
            nil,
            "read --exclude patterns from a file",
            .value("FILE") { (line, value) throws(CommandError) in
                try line.addFilters(from: value, isInclude: false)
            }
        ),
        CommandOption(
            "include-from",
            nil,
            "read --include patterns from a file",
            .value("FILE") { (line, value) throws(CommandError) in
                try line.addFilters(from: value, isInclude: true)
            }
        ),
        CommandOption("dry-run", "n", "change nothing", .effect { $0.options.dryRun = true }),
    ]

    private static let metadata: [CommandOption] = [
        CommandOption("links", "l", "copy symbolic links", .toggle { $0.options.attributes.links = $1 }),
        CommandOption("perms", "p", "keep permissions", .toggle { $0.options.attributes.permissions = $1 }),
        CommandOption("times", "t", "keep modification times", .toggle { $0.options.attributes.times = $1 }),
        CommandOption(
            "omit-dir-times",
            "O",
            "but not those of directories",
            .toggle { $0.options.attributes.omitDirectoryTimes = $1 }
        ),
        CommandOption("group", "g", "keep groups", .toggle { $0.options.attributes.group = $1 }),
        CommandOption("owner", "o", "keep owners", .toggle { $0.options.attributes.owner = $1 }),
        CommandOption("devices", nil, "keep devices", .toggle { $0.options.attributes.devices = $1 }),
        CommandOption("specials", nil, "keep FIFOs and sockets", .toggle { $0.options.attributes.specials = $1 }),
        CommandOption(
            "",
            "D",
            "same as --devices --specials",
            .toggle {
                $0.options.attributes.devices = $1
                $0.options.attributes.specials = $1
            }
        ),
        CommandOption("hard-links", "H", "keep hard links", .toggle { $0.options.attributes.hardLinks = $1 }),
        CommandOption(
            "numeric-ids",
            nil,
            "keep the numbers of owners and groups, not the names",
            .toggle { $0.options.attributes.numericIDs = $1 }
        ),
        CommandOption("sparse", "S", "make holes of runs of zeros", .toggle { $0.options.placement.sparse = $1 }),
    ]

    private static let transport: [CommandOption] = [
        CommandOption("whole-file", "W", "send files whole", .toggle { $0.options.wire.wholeFile = $1 }),
        CommandOption("inplace", nil, "write into files in place", .toggle { $0.options.placement.inPlace = $1 }),
        CommandOption(
            "fsync",
            nil,
            "complete only when everything is on the disk",
            .toggle { $0.options.placement.fsync = $1 }
        ),
        CommandOption(
            "partial",
            nil,
            "keep files whose transfer was cut",
            .toggle { $0.options.placement.partial = $1 }
        ),
        CommandOption(
            "block-size",
            "B",
            "length of the blocks that are compared",
            .value("SIZE") { (line, value) throws(CommandError) in
                line.options.wire.blockLength = try value.blockLength()
            }
        ),
        CommandOption(
            "checksum-choice cc",
            nil,
            "choose the checksums",
            .value("NAMES") { (line, value) throws(CommandError) in
                try line.chooseChecksum(value)
            }
        ),
        CommandOption(
            "checksum-seed",
            nil,
            "choose the seed of block checksums",
            .value("NUM") { (line, value) throws(CommandError) in
                line.options.wire.checksumSeed = try value.number(in: Int32.min...Int32.max)
            }
        ),
        CommandOption(
            "compress",
            "z",
            "compress data on the way",
            .toggle { line, isOn in
                if isOn, line.options.wire.compress, line.options.wire.compressChoice == nil {
                    line.options.wire.compressChoice = .zlibx
                }
                line.options.wire.compress = isOn && line.options.wire.compressChoice != CompressionAlgorithm.none
                if !isOn { line.options.wire.compressChoice = nil }
            }
        ),
        CommandOption(
            "compress-choice zc",
            nil,
            "choose the compression",
            .value("NAME") { (line, value) throws(CommandError) in
                try line.chooseCompression(value)
            }
        ),
        CommandOption(
            "compress-level zl",
            nil,
            "choose the level of compression",
            .value("NUM") { (line, value) throws(CommandError) in
                let level = try value.number(in: -131_072...22)
                line.options.wire.compressLevel = level
                // Level 0 too: only zlib takes it as "no compression", which the handshake sees to.
                line.options.wire.compress = line.options.wire.compressChoice != CompressionAlgorithm.none
            }
        ),
        CommandOption(
            "old-compress",
            nil,
            "compress with zlib, matched data too",
            .effect {
                $0.options.wire.compress = true
                $0.options.wire.compressChoice = .zlib
            }
        ),
        CommandOption(
            "new-compress",
            nil,
            "compress with zlib, literal data only",
            .effect {
                $0.options.wire.compress = true
                $0.options.wire.compressChoice = .zlibx
            }
        ),
        CommandOption(
            "bwlimit",
            nil,
            "limit the rate, in KiB/s or with a unit",
            .value("RATE") { (line, value) throws(CommandError) in
                line.options.wire.bandwidthLimit = try value.bandwidth()
            }
        ),
        CommandOption(
            "timeout",
            nil,
            "give up after silence of so many seconds",
            .value("SECONDS") { (line, value) throws(CommandError) in
                line.options.wire.timeout = try value.number(in: 0...Int(Int32.max))
            }
        ),
        CommandOption(
            "contimeout",
            nil,
            "give up connecting to a daemon after so many seconds",
            .value("SECONDS") { (line, value) throws(CommandError) in
                line.settings.connectTimeout = try value.number(in: 0...Int(Int32.max))
            }
        ),
        CommandOption(
            "protocol",
            nil,
            "offer an older protocol: 30 or 31",
            .value("NUM") { (line, value) throws(CommandError) in
                let version: Int32 = try value.number(in: 0...Int32.max)
                let supported = Dialect.supported
                guard version <= supported.upperBound else {
                    throw .failed("--protocol must be no more than \(supported.upperBound).", exitCode: 2)
                }
                guard version >= supported.lowerBound else {
                    throw .failed("--protocol must be at least \(supported.lowerBound) here.", exitCode: 2)
                }
                line.options.wire.protocolVersion = version
            }
        ),
        CommandOption(
            "port",
            nil,
            "a daemon's port",
            .value("PORT") { (line, value) throws(CommandError) in
                line.settings.port = try value.number(in: 1...UInt16.max)
            }
        ),
        CommandOption(
            "password-file",
            nil,
            "read a daemon's password from a file",
            .value("FILE") { line, value in
                line.settings.passwordFile = value.bytes
            }
        ),
        CommandOption(
            "rsh",
            "e",
            "the remote shell",
            .value("COMMAND") { line, value in line.settings.shell = value.bytes }
        ),
        CommandOption(
            "rsync-path",
            nil,
            "the program on the other machine",
            .value("PROGRAM") { line, value in
                line.settings.serverProgram = value.bytes
            }
        ),
    ]

    private static let output: [CommandOption] = [
        CommandOption(
            "verbose",
            "v",
            "say more",
            .toggle { $0.options.output.verbosity = $1 ? $0.options.output.verbosity + 1 : 0 }
        ),
        CommandOption("quiet", "q", "say only errors", .effect { $0.options.output.quiet = true }),
        CommandOption(
            "itemize-changes",
            "i",
            "list every change",
            .toggle { $0.options.output.itemize = $1 ? $0.options.output.itemize + 1 : 0 }
        ),
        CommandOption(
            "out-format",
            nil,
            "the lines for changes",
            .value("FORMAT") { (line, value) throws(CommandError) in
                _ = try OutputFormat(parsing: value.bytes)
                line.settings.outFormat = value.bytes
            }
        ),
        CommandOption(
            "info",
            nil,
            "levels of what is said, such as progress2,stats",
            .value("FLAGS") { (line, value) throws(CommandError) in
                try line.setInfo(value)
            }
        ),
        CommandOption(
            "progress",
            nil,
            "show progress of each file",
            .toggle { $0.settings.progress = $1 ? .files : .none }
        ),
        CommandOption(
            "",
            "P",
            "same as --partial --progress",
            .effect {
                $0.options.placement.partial = true
                $0.settings.progress = .files
            }
        ),
        CommandOption("stats", nil, "print figures at the end", .effect { $0.options.output.stats = true }),
        CommandOption(
            "human-readable",
            "h",
            "numbers with units (-h alone is help)",
            .toggle {
                $0.settings.humanLevel = $1 ? min(3, $0.settings.humanLevel + 1) : 0
            }
        ),
        CommandOption(
            "log-file",
            nil,
            "write what happens to a file",
            .value("FILE") { line, value in
                line.settings.logFile = value.bytes
            }
        ),
        CommandOption("version", "V", "print the version", .effect { $0.mode = .version }),
        CommandOption("help", nil, "print this", .effect { $0.mode = .help }),
    ]

    /// Options with a value that have a form `--no-X`: what it does.
    static let resets: [String: @Sendable (inout RsyncCommandLine) -> Void] = [
        "bwlimit": { $0.options.wire.bandwidthLimit = 0 },
        "timeout": { $0.options.wire.timeout = 0 },
        "contimeout": { $0.settings.connectTimeout = 0 },
    ]

    /// What may stand behind `--no-` although it is not supported: it is off in any case.
    static let alwaysOff: Set<String> = Set(
        """
        backup b fuzzy y atimes U crtimes N acls A xattrs X relative R implied-dirs one-file-system x \
        prune-empty-dirs m omit-link-times J secluded-args protect-args s old-args blocking-io munge-links \
        open-noatime mkpath write-devices force from0 iconv append
        """.split(separator: " ").map(String.init)
    )

    /// The options by long name and, for `--no-X`, by letter.
    static let byName: [String: CommandOption] = {
        var table: [String: CommandOption] = [:]
        for option in options {
            for name in option.names { table[name] = option }
            if let letter = option.letter { table[String(letter)] = table[String(letter)] ?? option }
        }
        return table
    }()

    /// The options by letter.
    static let byLetter: [Character: CommandOption] = Dictionary(
        uniqueKeysWithValues: options.compactMap { option in option.letter.map { ($0, option) } }
    )

    /// Options of rsync that are refused by name instead of as unknown.
    static let refusedNames: Set<String> = Set(
        """
        debug stderr no-motd relative implied-dirs backup backup-dir suffix update append append-verify \
        dirs old-dirs old-d mkpath copy-links copy-unsafe-links safe-links insecure-links confine-root munge-links \
        copy-dirlinks keep-dirlinks executability chmod acls xattrs copy-devices write-devices drop-D atimes \
        open-noatime crtimes omit-link-times super fake-super preallocate one-file-system existing \
        ignore-non-existing ignore-existing remove-source-files remove-sent-files delete-before delete-delay \
        delete-after delete-excluded ignore-missing-args delete-missing-args force max-delete max-size min-size \
        max-alloc partial-dir delay-updates prune-empty-dirs usermap groupmap chown temp-dir fuzzy \
        compare-dest copy-dest link-dest compress-threads zt skip-compress cvs-exclude filter files-from from0 \
        old-args secluded-args protect-args trust-sender copy-as address sockopts blocking-io outbuf 8-bit-output \
        remote-option log-format log-file-format early-input list-only stop-after stop-at time-limit \
        write-batch only-write-batch read-batch iconv ipv4 ipv6 qsort no-msgs2stderr msgs2stderr
        """.split(separator: " ").map(String.init)
    )

    /// Letters of rsync that are refused by name.
    static let refusedLetters: Set<Character> = Set("RbudLkKEAXUNJxmTyCfF0sM846")
}
