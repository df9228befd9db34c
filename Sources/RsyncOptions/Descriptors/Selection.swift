extension OptionTable {
    /// Which names are in the transfer.
    static let selection: [OptionDescriptor] = [
        OptionDescriptor(
            "--archive, -a",
            "same as -rlptgoD",
            client: .effect { $0.transfer.setArchive() },
            server: .effect { $0.transfer.setArchive() }
        ),
        .flag("--recursive, -r", "descend into directories", \.selection.recursive, told: .letter(280)),
        .unsupported(
            "--dirs, -d",
            "transfer directories without their contents",
            because: "a directory is transferred with its contents or not at all"
        ),
        .unsupported("--old-dirs, --old-d", "like --dirs, for old servers", because: "--dirs is not implemented"),
        .unsupported(
            "--relative, -R",
            "keep the whole paths of the sources",
            because: "implied directories are not listed",
            mayBeOff: true
        ),
        .unsupported(
            "--implied-dirs",
            "with --relative: keep the attributes of implied directories",
            because: "--relative is not implemented",
            mayBeOff: true
        ),
        .unsupported(
            "--one-file-system, -x",
            "do not cross file systems",
            because: "the walk does not compare devices",
            mayBeOff: true
        ),
        .flag("--dry-run, -n", "change nothing at the destination", \.dryRun, off: false, told: .letter(60)),
        .clientSetting("--exclude=PATTERN", "leave out names that match") { (state, value) throws(OptionError) in
            try state.addFilter(value.bytes, isInclude: false)
        },
        .clientSetting("--exclude-from=FILE", "read --exclude patterns from a file") {
            (state, value) throws(OptionError) in
            try state.addFilters(from: value, isInclude: false)
        },
        .clientSetting("--include=PATTERN", "keep names that match although a later pattern excludes them") {
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
            "read filter rules from .rsync-filter files; twice: leave these files out",
            client: .effect { (state) throws(OptionError) in try state.addDirectoryRules() }
        ),
        .flag("--cvs-exclude, -C", "exclude what CVS ignores", \.selection.cvsExclude, off: false, told: .letter(300)),
        .unsupported(
            "--files-from=FILE",
            "read the names of sources from a file",
            because: "--relative is not implemented"
        ),
        OptionDescriptor(
            "--from0, -0",
            "names and rules in files end with a zero byte",
            client: .toggle { $0.settings.isNULSeparated = $1 }
        ),
        .unsupported(
            "--remove-source-files, --remove-sent-files",
            "delete transferred files from the source",
            because: "a source is never changed"
        ),
        .unsupported("--max-size=SIZE", "skip longer files", because: "not implemented"),
        .unsupported("--min-size=SIZE", "skip shorter files", because: "not implemented"),
        .unsupported(
            "--prune-empty-dirs, -m",
            "leave out empty directories",
            because: "it needs the whole file list at once",
            mayBeOff: true
        ),
        .unsupported("--ignore-missing-args", "missing sources are not an error", because: "not implemented"),
        .unsupported("--copy-links, -L", "copy the targets of links", because: "links are never followed"),
        .unsupported(
            "--copy-unsafe-links",
            "copy the targets of links that lead out of the source",
            because: "links are never followed"
        ),
        .unsupported(
            "--copy-dirlinks, -k",
            "follow links to directories at the source",
            because: "links are never followed"
        ),
        .unsupported("--safe-links", "leave out links that lead out of the source", because: "not implemented"),
        OptionDescriptor(
            "--list-only",
            "list the files of the source",
            client: .refused("listings are not printed", mayBeOff: false),
            // The client of a listing requests no file; nothing changes for the server that sends.
            server: .effect { (state) throws(OptionError) in
                guard state.isSender else { throw .unsupported("--list-only") }
            }
        ),
        .unsupported("--stop-after=MINUTES, --time-limit=MINUTES", "stop after a time", because: "not implemented"),
        .unsupported("--stop-at=TIME", "stop at a time", because: "not implemented"),
    ]
}
