/// The help texts of the commands that verify.
extension HelpTexts {
    static let manifest = #"""
        OVERVIEW: Describe what a volume holds by one digest, and by choice entry by
        entry.

        Reads the volume whole: names, types, modes, owners, times to the nanosecond,
        links, devices, extended attributes, ACLs and contents. Two volumes with the
        same root digest are equal when both ended with exit code 0; the contents
        digest is without the attributes of the top directory itself. With a manifest
        in place of a volume: checks and describes it. Exit code 0: all was read; 23:
        something could not be read, or was written to meanwhile; others: errors.
        Format: docs/manifest-format.md.

        USAGE: dvm-source manifest <path> [--hash <kind>] [--output <file>] [--list] [--json]

        ARGUMENTS:
          <path>                  Where the volume is mounted, or a manifest.

        OPTIONS:
          --hash <kind>           strong: SHA-256, or BLAKE2b-512 where that is faster;
                                  fast: XXH3-128. (values: strong, fast; default:
                                  strong)
          -o, --output <file>     Write the manifest to this file.
          --list                  List each entry.
          --json                  JSON, one object in a line.
          --version               Show the version.
          -h, --help              Show help information.

        """#

    static let compare = #"""
        OVERVIEW: Name everything that differs between two volumes.

        Each side is a directory, or a manifest that was made of one (dvm-source
        manifest --output). Both are read whole; times are compared to the nanosecond,
        owners by number. Where only the holes of a file differ, that is told and is
        not a difference. Exit code 0: equal; 23: different; others: errors.

        USAGE: dvm-source compare <first> <second> [--ignore <list>] [--hash <kind>] [--json]

        ARGUMENTS:
          <first>                 One side, such as the source.
          <second>                The other side.

        OPTIONS:
          --ignore <list>         Do not compare these: content, modes, owners, times,
                                  targets, devices, links, xattrs, acls, root (the top
                                  directory's own attributes).
          --hash <kind>           strong: SHA-256, or BLAKE2b-512 where that is faster;
                                  fast: XXH3-128; a manifest's own counts more.
                                  (values: strong, fast; default: fast)
          --json                  JSON, one object in a line.
          --version               Show the version.
          -h, --help              Show help information.

        """#
}
