import LinuxSystem

extension OptionTable {
    /// How files are written at the destination.
    static let placement: [OptionDescriptor] = [
        .flag("--sparse, -S", "turn runs of zeros into holes", \.placement.sparse, told: .letter(340)),
        .toggle(
            "--partial",
            "keep files whose transfer was interrupted",
            told: .word(330, "--partial", to: .receiver) {
                let placement = $0.placement
                return placement.partial && !placement.writesInPlace && placement.partialPlace == nil
                    ? "--partial" : nil
            },
            isUsed: { $0.placement.partial }
        ) { $0.placement.partial = $1 },
        .setting(
            "--partial-dir=DIR",
            "keep files whose transfer was interrupted in a directory",
            told: .path(310, "--partial-dir", "DIR", to: .receiver) { $0.placement.partialDirectory },
            isUsed: { $0.placement.partialDirectory != nil },
            off: { $0.placement.partialDirectory = nil }
        ) { (options, value) throws(OptionError) in
            options.placement.partialDirectory = value.bytes
        },
        OptionDescriptor(
            "--fuzzy, -y",
            "use a file of a similar name as basis; twice: of alternate directories, too",
            client: .toggle { $0.transfer.placement.countFuzzy($1) },
            server: .toggle { $0.transfer.placement.countFuzzy($1) }
        ).told(
            .letters(130, "-y, -yy", to: .receiver) {
                let placement = $0.placement
                return String(repeating: "y", count: min(placement.fuzziness, placement.alternates.isEmpty ? 1 : 2))
            },
            isUsed: { $0.placement.fuzziness > 0 }
        ),
        OptionDescriptor(
            "--backup, -b",
            "keep what is replaced or deleted",
            client: .toggle { $0.transfer.placement.backup = $1 },
            server: .toggle { $0.transfer.placement.backup = $1 }
        ).told(.letter(40, "b") { $0.placement.makesBackups }, isUsed: { $0.placement.makesBackups }),
        .setting(
            "--backup-dir=DIR",
            "keep backups in a directory",
            told: .path(110, "--backup-dir", "DIR") { $0.placement.backupDirectory },
            isUsed: { $0.placement.backupDirectory != nil }
        ) { (options, value) throws(OptionError) in
            options.placement.backupDirectory = TransferOptions.Placement.plain(value.bytes)
        },
        .setting(
            "--suffix=SUFFIX",
            "suffix of backups; default ~, or none with --backup-dir",
            told: .words(120, "--suffix=SUFFIX") { options, _ in
                options.placement.suffix.map { [Array("--suffix=".utf8) + $0] } ?? []
            },
            isUsed: { $0.placement.suffix != nil }
        ) { (options, value) throws(OptionError) in
            guard !value.bytes.contains(UInt8(ascii: "/")) else {
                throw .usage("--suffix cannot contain slashes: \(value.text)")
            }
            options.placement.suffix = value.bytes
        },
        .setting(
            "--temp-dir=DIR, -T",
            "create temporary files in a directory",
            told: .path(430, "--temp-dir", "DIR", to: .receiver) { $0.placement.temporaryDirectory },
            isUsed: { $0.placement.temporaryDirectory != nil }
        ) { (options, value) throws(OptionError) in
            options.placement.temporaryDirectory = value.bytes
        },
        .flag(
            "--preallocate",
            "allocate space before writing",
            \.placement.preallocate,
            off: false,
            told: .word(540, to: .receiver)
        ),
        .flag(
            "--mkpath",
            "create missing directories of the destination's path",
            \.placement.makesPath,
            told: .word(560, to: .receiver)
        ),
        .alternate(.compare, "skip files that are identical in another directory"),
        .alternate(.copy, "copy files that are identical in another directory"),
        .alternate(.link, "hard-link to files that are identical in another directory"),
        .toggle(
            "--inplace",
            "update existing files in place",
            told: .word(480, "--inplace") {
                $0.placement.writesInPlace && $0.placement.appending == nil ? "--inplace" : nil
            },
            isUsed: { $0.placement.writesInPlace }
        ) { $0.placement.inPlace = $1 },
        OptionDescriptor(
            "--append",
            "append data to shorter files",
            client: .toggle { $0.transfer.placement.appending = $1 ? .trusting : nil },
            server: .toggle { $0.transfer.placement.countAppend($1) }
        ).told(
            .words(470, "--append, twice for --append-verify") { options, _ in
                Array(repeating: Array("--append".utf8), count: options.placement.appending?.rawValue ?? 0)
            },
            isUsed: { $0.placement.appending != nil }
        ),
        .toggle(
            "--append-verify",
            "like --append, but verify the old content, too",
            isUsed: { $0.placement.appending == .verifying },
            off: false
        ) { $0.placement.appending = $1 ? .verifying : nil },
        .flag(
            "--fsync",
            "finish only when everything is on the destination's disk",
            \.placement.fsync,
            told: .word(440, to: .receiver)
        ),
        .flag(
            "--delay-updates",
            "rename all updated files into place at the end",
            \.placement.delaysUpdates,
            told: .word(320, to: .receiver)
        ),
        .flag("--write-devices", "write into devices", \.placement.writesDevices, told: .word(530, to: .receiver)),
        .flag(
            "--keep-dirlinks, -K",
            "follow links to directories at the destination",
            \.selection.links.keepsDirectoryLinks,
            told: .letter(90, to: .receiver)
        ),
        .flag(
            "--insecure-links",
            "follow other users' links in paths that are given",
            \.selection.links.paths.followsAll
        ),
        .setting("--confine-root=DIR", "refuse directories and listed names outside a directory") { (options, value) in
            options.selection.links.paths.limit = value.bytes
        },
        copyAs,
    ]
}

extension OptionDescriptor {
    /// One of the options for alternate directories, of which only one may be used.
    fileprivate static func alternate(_ use: AlternateUse, _ help: String) -> OptionDescriptor {
        let name = "--\(use.rawValue)-dest"
        return .setting(
            "\(name)=DIR",
            help,
            told: .words(450, "\(name) DIR", to: .receiver) { options, _ in
                guard options.placement.alternateUse == use else { return [] }
                return options.placement.alternates.flatMap { [Array(name.utf8), $0] }
            },
            isUsed: { $0.placement.alternateUse == use && !$0.placement.alternates.isEmpty }
        ) { (options, value) throws(OptionError) in
            let used = options.placement.alternateUse
            guard options.placement.alternates.isEmpty || used == use else {
                throw .usage("rsync: ERROR: the \(name) option conflicts with the --\(used.rawValue)-dest option")
            }
            guard options.placement.alternates.count < TransferOptions.Placement.alternatesLimit else {
                let limit = TransferOptions.Placement.alternatesLimit
                throw .usage("rsync: ERROR: at most \(limit) \(name) args may be specified")
            }
            options.placement.alternateUse = use
            options.placement.alternates.append(value.bytes)
        }
    }
}

extension TransferOptions.Placement {
    fileprivate mutating func countFuzzy(_ isOn: Bool) { fuzziness = isOn ? min(fuzziness + 1, 2) : 0 }

    /// A server counts `--append` (protocol specification, session 2.3).
    fileprivate mutating func countAppend(_ isOn: Bool) {
        appending = isOn ? (appending == nil ? .trusting : .verifying) : nil
    }
}

extension OptionTelling {
    /// A word with a path, whose bytes need not be text.
    fileprivate static func path(
        _ rank: Int,
        _ name: String,
        _ argument: String,
        to audience: Audience = .all,
        _ value: @escaping @Sendable (TransferOptions) -> [UInt8]?
    ) -> OptionTelling {
        .words(rank, "\(name) \(argument)", to: audience) { options, _ in
            value(options).map { [Array(name.utf8), $0] } ?? []
        }
    }
}
