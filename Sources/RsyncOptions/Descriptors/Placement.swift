extension OptionTable {
    /// How files are written at the destination.
    static let placement: [OptionDescriptor] = [
        .flag("--sparse, -S", "turn runs of zeros into holes", \.placement.sparse, told: .letter(340)),
        .toggle(
            "--partial",
            "keep files whose transfer was interrupted",
            told: .word(330, "--partial", to: .receiver) {
                $0.placement.partial && !$0.placement.inPlace ? "--partial" : nil
            },
            isUsed: { $0.placement.partial }
        ) { $0.placement.partial = $1 },
        .flag("--inplace", "write into existing files", \.placement.inPlace, told: .word(480)),
        .flag(
            "--fsync",
            "finish only when everything is on the destination's disk",
            \.placement.fsync,
            told: .word(440, to: .receiver)
        ),
        .unsupported(
            "--partial-dir=DIR",
            "keep interrupted files in a directory",
            because: "partial files are kept in place"
        ),
        .unsupported("--delay-updates", "rename all files at the end", because: "--partial-dir is not implemented"),
        .unsupported(
            "--temp-dir=DIR, -T",
            "stage files in a directory",
            because: "files are staged next to their destination"
        ),
        .unsupported("--append", "append to shorter files", because: "not implemented", mayBeOff: true),
        .unsupported(
            "--append-verify",
            "like --append, and check the old content",
            because: "--append is not implemented"
        ),
        .unsupported("--preallocate", "allocate space before writing", because: "not implemented"),
        .unsupported(
            "--write-devices",
            "write into devices",
            because: "a volume is a directory tree",
            mayBeOff: true
        ),
        .unsupported(
            "--backup, -b",
            "keep what is replaced or deleted",
            because: "backups are not implemented",
            mayBeOff: true
        ),
        .unsupported("--backup-dir=DIR", "keep backups in a directory", because: "backups are not implemented"),
        .unsupported("--suffix=SUFFIX", "suffix of backups", because: "backups are not implemented"),
        .unsupported(
            "--fuzzy, -y",
            "use a file of a similar name as basis",
            because: "the basis is the file itself",
            mayBeOff: true
        ),
        .unsupported(
            "--compare-dest=DIR",
            "leave out files that are equal in another directory",
            because: "the basis is the file itself"
        ),
        .unsupported(
            "--copy-dest=DIR",
            "copy files that are equal in another directory",
            because: "the basis is the file itself"
        ),
        .unsupported(
            "--link-dest=DIR",
            "link to files that are equal in another directory",
            because: "the basis is the file itself"
        ),
        .unsupported(
            "--mkpath",
            "create missing directories of the destination",
            because: "not implemented",
            mayBeOff: true
        ),
        .flag(
            "--keep-dirlinks, -K",
            "follow links to directories at the destination",
            \.selection.links.keepsDirectoryLinks,
            told: .letter(90, to: .receiver)
        ),
        OptionDescriptor(
            "--insecure-links",
            "follow links of others in given paths",
            client: .effect { $0.transfer.selection.links.trustsAll = true },
            server: .refused("a client cannot ask for it", mayBeOff: false)
        ),
        .unsupported("--confine-root=DIR", "refuse given paths outside a directory", because: "not implemented"),
        copyAs,
    ]
}
