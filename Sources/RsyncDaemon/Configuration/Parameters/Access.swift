extension ParameterTable {
    /// Who may do what.
    static let access: [ParameterDescriptor] = [
        .text("comment", "text in the list of modules", \.comment),
        .boolean("list", usual: true, "the module is in the list of modules", \.isListed),
        .boolean("read only", usual: true, "clients may not push", \.isReadOnly),
        .boolean("write only", usual: false, "clients may not pull", \.isWriteOnly),
        .list("auth users", "user, pattern or @group, each with :ro, :rw or :deny; the first that matches counts") {
            (module, value) throws(ParameterFlaw) in module.users = try value.users()
        },
        .text("secrets file", kind: .path, "the file with user:password and @group:password", \.secretsFile),
        .boolean("strict modes", usual: true, "others may not read or write the secrets file", \.isStrict),
        .text("auth digest", "the weakest digest for passwords", \.leastDigest),
        .list("hosts allow", "addresses, networks, names and patterns of names that may connect") {
            (module, value) throws(ParameterFlaw) in module.allow = try value.hosts()
        },
        .list("hosts deny", "those that may not, unless allowed") {
            (module, value) throws(ParameterFlaw) in module.deny = try value.hosts()
        },
        .boolean("reverse lookup", usual: true, "the client's name is looked up", \.looksUpNames),
        .boolean("forward lookup", usual: true, "names in hosts allow and deny are looked up", \.looksUpAddresses),
        .number("max connections", 0, "connections at a time; 0: unlimited, negative: none", \.connectionLimit),
        .text("lock file", kind: .path, usual: "/var/run/rsyncd.lock", "the file that counts connections", \.lockFile),
        .list("refuse options", "options of clients that are refused: names, letters, patterns, ! for exceptions") {
            (module, value) in module.refusals = value.refusals()
        },
        .number("timeout", 0, "seconds after which a silent client is given up", \.timeout),
    ]
}
