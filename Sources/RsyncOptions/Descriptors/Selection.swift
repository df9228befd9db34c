extension OptionTable {
    /// Which names are in the transfer.
    static let selection: [OptionDescriptor] = [
        OptionDescriptor(
            "--archive, -a",
            "same as -rlptgoD",
            client: .effect {
                if !$0.transfer.selection.recursive { $0.settings.recursionIsImplied = true }
                $0.transfer.setArchive()
            },
            server: .effect { $0.transfer.setArchive() }
        ),
        recursive,
        dirs,
        OptionDescriptor(
            "--old-dirs, --old-d",
            "like --dirs, for old servers",
            client: .effect { $0.settings.listsOneLevel = true }
        ),
        .toggle(
            "--relative, -R",
            "keep the full paths of the sources",
            told: .letter(320, "R") { $0.selection.relative },
            isUsed: { $0.selection.keepsPaths == true }
        ) { $0.selection.keepsPaths = $1 },
        .toggle(
            "--implied-dirs",
            "with --relative: keep the attributes of implied directories",
            told: .word(520, "--no-implied-dirs") {
                $0.selection.relative && !$0.selection.impliedDirectories ? "--no-implied-dirs" : nil
            }
        ) { $0.selection.impliedDirectories = $1 },
        oneFileSystem,
        .flag("--dry-run, -n", "change nothing at the destination", \.dryRun, off: false, told: .letter(60)),
        .clientSetting("--exclude=PATTERN", "exclude names that match") { (state, value) throws(OptionError) in
            try state.addFilter(value.bytes, isInclude: false)
        },
        .clientSetting("--exclude-from=FILE", "read --exclude patterns from a file") {
            (state, value) throws(OptionError) in
            try state.addFilters(from: value, isInclude: false)
        },
        .clientSetting("--include=PATTERN", "include names that match even if a later pattern excludes them") {
            (state, value) throws(OptionError) in
            try state.addFilter(value.bytes, isInclude: true)
        },
        .clientSetting("--include-from=FILE", "read --include patterns from a file") {
            (state, value) throws(OptionError) in
            try state.addFilters(from: value, isInclude: true)
        },
        .clientSetting("--filter=RULE, -f", "add a filter rule") { (state, value) throws(OptionError) in
            try state.addRule(value)
        },
        OptionDescriptor(
            "-F",
            "read filter rules from .rsync-filter files; twice: exclude these files",
            client: .effect { (state) throws(OptionError) in try state.addDirectoryRules() }
        ),
        .flag("--cvs-exclude, -C", "exclude what CVS ignores", \.selection.cvsExclude, off: false, told: .letter(300)),
        filesFrom,
        OptionDescriptor(
            "--from0, -0",
            "names and rules in files end with a NUL byte",
            client: .toggle { $0.settings.isNULSeparated = $1 },
            server: .toggle { $0.isNULSeparated = $1 }
        ),
        .flag(
            "--remove-source-files, --remove-sent-files",
            "delete transferred files from the source",
            \.selection.removesSources,
            off: false,
            told: .word(540)
        ),
        .size("--max-size=SIZE", "skip longer files", 174, \.selection.largestSize),
        .size("--min-size=SIZE", "skip shorter files", 172, \.selection.smallestSize),
        .flag(
            "--prune-empty-dirs, -m",
            "omit empty directories",
            \.selection.prunesEmptyDirectories,
            told: .letter(100, to: .receiver)
        ),
        .flag(
            "--ignore-missing-args",
            "missing sources are not an error",
            \.selection.ignoresMissing,
            off: false,
            told: .word(280, to: .sender)
        ),
        .flag(
            "--copy-links, -L",
            "copy the targets of links",
            \.selection.links.copiesReferents,
            off: false,
            told: .letter(140, to: .sender)
        ),
        .flag(
            "--copy-unsafe-links",
            "copy the targets of links that point outside the source",
            \.selection.links.copiesUnsafe,
            off: false,
            told: .word(350)
        ),
        .flag(
            "--copy-dirlinks, -k",
            "follow links to directories at the source",
            \.selection.links.copiesDirectories,
            off: false,
            told: .letter(150, to: .sender)
        ),
        .flag(
            "--safe-links",
            "ignore links that point outside the source",
            \.selection.links.keepsSafeOnly,
            off: false,
            told: .word(360)
        ),
        .flag(
            "--list-only",
            "list the files of the source",
            \.selection.listsOnly,
            off: false,
            told: .word(20)
        ),
        .setting("--stop-after=MINUTES, --time-limit=MINUTES", "stop after a time") {
            (transfer, value) throws(OptionError) in transfer.wire.stop = try StopTime(after: value)
        },
        .setting("--stop-at=TIME", "stop at a point in local time, such as 2031-12-31T23:59, 23:59 or 31") {
            (transfer, value) throws(OptionError) in transfer.wire.stop = try StopTime(at: value)
        },
    ]

    private static var recursive: OptionDescriptor {
        var option = OptionDescriptor.flag(
            "--recursive, -r",
            "descend into directories",
            \.selection.recursive,
            told: .letter(280)
        )
        option.client = .toggle {
            $0.transfer.selection.recursive = $1
            $0.settings.recursionIsImplied = false
        }
        return option
    }

    private static var dirs: OptionDescriptor {
        var option = OptionDescriptor.toggle(
            "--dirs, -d",
            "transfer directories without their contents",
            told: .letter(80, "d") { $0.sendsDirs },
            isUsed: { $0.selection.dirs == true }
        ) { $0.selection.dirs = $1 }
        option.client = .toggle {
            $0.transfer.selection.dirs = $1
            $0.settings.listsOneLevel = false
        }
        return option
    }

    private static var oneFileSystem: OptionDescriptor {
        var option = OptionDescriptor.toggle(
            "--one-file-system, -x",
            "do not cross file systems; twice: omit mount points"
        ) {
            $0.selection.oneFileSystem = $1 ? min(2, $0.selection.oneFileSystem + 1) : 0
        }
        option.telling = .letters(330, "-x") {
            String(repeating: "x", count: $0.selection.oneFileSystem)
        }
        option.isUsed = { $0.selection.oneFileSystem > 0 }
        return option
    }

    private static var filesFrom: OptionDescriptor {
        var option = OptionDescriptor(
            "--files-from=FILE",
            "read the names of sources from a file",
            client: .value { (state, value) throws(OptionError) in state.settings.filesFrom = value.bytes },
            server: .value { (state, value) throws(OptionError) in state.filesFrom = value.bytes }
        )
        option.telling = .words(500, "--files-from=-, --files-from FILE, --from0, --no-relative") { options, _ in
            let (file, isNULSeparated): ([UInt8], Bool)
            switch options.selection.filesFrom {
            case nil: return []
            case .names, .stream: (file, isNULSeparated) = ([UInt8(ascii: "-")], true)
            case .file(let path, let separated): (file, isNULSeparated) = (path, separated)
            }
            let isStream = file == [UInt8(ascii: "-")]
            let name = "--files-from"
            return (isStream ? [Array("\(name)=-".utf8)] : [Array(name.utf8), file])
                + (isNULSeparated ? [Array("--from0".utf8)] : [])
                + (options.selection.relative ? [] : [Array("--no-relative".utf8)])
        }
        option.isUsed = { $0.selection.filesFrom != nil }
        return option
    }
}

extension OptionDescriptor {
    /// A limit on the size of files, which the receiver applies.
    fileprivate static func size(
        _ spelling: String,
        _ help: String,
        _ rank: Int,
        _ limit: any WritableKeyPath<TransferOptions, Int64?> & Sendable
    ) -> OptionDescriptor {
        var word = ""
        let option = OptionDescriptor.setting(
            spelling,
            help,
            isUsed: { $0[keyPath: limit] != nil }
        ) { (options, value) throws(OptionError) in
            let size = try value.size(unit: 1)
            guard size >= 0 else { throw value.invalid }
            options[keyPath: limit] = size
        }
        word = option.spelling
        var told = option
        let name = word
        told.telling = .word(rank, spelling, to: .receiver) { options in
            options[keyPath: limit].map { "\(name)=\($0)" }
        }
        return told
    }
}
