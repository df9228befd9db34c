extension ParameterTable {
    /// Files of a module.
    static let files: [ParameterDescriptor] = [
        .text("path", kind: .path, "the directory; required", \.path),
        .tristate("numeric ids", "match owners by number; unset: yes with a chroot", \.usesNumericIDs),
        .tristate(
            "munge symlinks",
            "yes: store symbolic links with a prefix that disables them; no: shorten those that point outside the transfer, "
                + "or with a chroot to the path, leave them unchanged; unset: yes unless with a chroot to the path",
            \.mungesLinks
        ),
        .refused(
            "insecure links",
            .boolean,
            usual: "no",
            "follow other users' links in the path",
            because: "links are never followed out of a module"
        ),
        .boolean(
            "fake super",
            usual: false,
            "keep owners, modes and devices in extended attributes",
            \.isFakeSuper
        ),
        .boolean("ignore errors", usual: false, "delete even after read errors", \.ignoresErrors),
        .boolean("ignore nonreadable", usual: false, "treat unreadable files as nonexistent", \.ignoresUnreadable),
        .text("filter", "filter rules of the module, separated by spaces", \.filter),
        .text(
            "include from",
            kind: .path,
            "file of patterns for names that are visible despite exclude",
            \.includeFrom
        ),
        .text("include", "patterns for names that are visible despite exclude", \.include),
        .text(
            "exclude from",
            kind: .path,
            "file of patterns for names that are hidden from clients",
            \.excludeFrom
        ),
        .text("exclude", "patterns for names that are hidden from clients", \.exclude),
        .list("incoming chmod", "mode changes for received files, as --chmod") {
            (module, value) throws(ParameterFlaw) in module.incomingModes = try value.modes()
        },
        .list("outgoing chmod", "mode changes for sent files, as --chmod") {
            (module, value) throws(ParameterFlaw) in module.outgoingModes = try value.modes()
        },
        .text("temp dir", kind: .path, "directory for temporary files, in the module", \.temporaryDirectory),
        .tristate(
            "open noatime",
            "reading keeps access times; here always, where the kernel permits",
            \.keepsAccessTimes
        ),
        .text(
            "dont compress",
            kind: .list,
            usual: "",
            "`*`: send files with as little compression as the algorithm allows",
            \.uncompressed
        ),
        .refused("charset", .text, "character set of the names", because: "names are bytes; there is no --iconv"),
    ]
}
