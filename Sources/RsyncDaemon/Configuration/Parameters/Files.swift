extension ParameterTable {
    /// Files of a module.
    static let files: [ParameterDescriptor] = [
        .text("path", kind: .path, "the directory; required", \.path),
        .tristate("numeric ids", "owners go by number; unset: with a chroot", \.usesNumericIDs),
        .tristate(
            "munge symlinks",
            "targets of links are stored with a prefix, or else shortened where they lead out of the transfer; unset: without "
                + "a chroot to the path; with a chroot and no, they are stored as they are",
            \.mungesLinks
        ),
        .refused(
            "insecure links",
            .boolean,
            usual: "no",
            "links of other users in the path are followed",
            because: "links are never followed out of a module"
        ),
        .boolean(
            "fake super",
            usual: false,
            "owners, modes and devices are kept in extended attributes",
            \.isFakeSuper
        ),
        .boolean("ignore errors", usual: false, "deletes although there were errors of reading", \.ignoresErrors),
        .boolean("ignore nonreadable", usual: false, "unreadable files are not there", \.ignoresUnreadable),
        .text("filter", "filter rules of the module, separated by spaces", \.filter),
        .text("include from", kind: .path, "a file with patterns of names that are there after all", \.includeFrom),
        .text("include", "patterns of names that are there after all", \.include),
        .text(
            "exclude from",
            kind: .path,
            "a file with patterns of names that are not there for clients",
            \.excludeFrom
        ),
        .text("exclude", "patterns of names that are not there for clients", \.exclude),
        .list("incoming chmod", "changes of the modes of what arrives, as --chmod") {
            (module, value) throws(ParameterFlaw) in module.incomingModes = try value.modes()
        },
        .list("outgoing chmod", "changes of the modes that are sent, as --chmod") {
            (module, value) throws(ParameterFlaw) in module.outgoingModes = try value.modes()
        },
        .text("temp dir", kind: .path, "directory for temporary files, in the module", \.temporaryDirectory),
        .tristate(
            "open noatime",
            "reading leaves the access time, here in any case as far as the kernel permits",
            \.keepsAccessTimes
        ),
        .text("dont compress", kind: .list, usual: "", "`*`: nothing is compressed as far as possible", \.uncompressed),
        .refused("charset", .text, "character set of the names", because: "names are bytes; there is no --iconv"),
    ]
}
