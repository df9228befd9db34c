extension ParameterTable {
    /// Who may do what.
    static let access: [ParameterDescriptor] = [
        .text("comment", "description in the list of modules", \.comment),
        .boolean("list", usual: true, "the module appears in the list of modules", \.isListed),
        .boolean("read only", usual: true, "clients cannot push", \.isReadOnly),
        .boolean("write only", usual: false, "clients cannot pull", \.isWriteOnly),
        .list("auth users", "user, pattern or @group, each with :ro, :rw or :deny; the first that matches counts") {
            (module, value) throws(ParameterFlaw) in module.users = try value.users()
        },
        .text("secrets file", kind: .path, "the file with user:password and @group:password", \.secretsFile),
        .boolean("strict modes", usual: true, "the secrets file must not be accessible to other users", \.isStrict),
        .text("auth digest", "the weakest digest accepted for passwords", \.leastDigest),
        .list("hosts allow", "addresses, networks, names and patterns of names that may connect") {
            (module, value) throws(ParameterFlaw) in module.allow = try value.hosts()
        },
        .list("hosts deny", "those that may not, unless hosts allow matches") {
            (module, value) throws(ParameterFlaw) in module.deny = try value.hosts()
        },
        .boolean("reverse lookup", usual: true, "the client's name is looked up", \.looksUpNames),
        .boolean("forward lookup", usual: true, "names in hosts allow and deny are looked up", \.looksUpAddresses),
        .number("max connections", 0, "simultaneous connections; 0: unlimited, negative: none", \.connectionLimit),
        .text("lock file", kind: .path, usual: "/var/run/rsyncd.lock", "the file that counts connections", \.lockFile),
        .list("refuse options", "client options that are refused: names, letters, patterns, ! for exceptions") {
            (module, value) in module.refusals = value.refusals()
        },
        .number("timeout", 0, "seconds of silence after which a client is disconnected", \.timeout),
    ]
}
