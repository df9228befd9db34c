extension ParameterTable {
    /// Parameters of the whole daemon.
    static let daemon: [ParameterDescriptor] = [
        .globalText("address", "bind address", usual: "all", note: "the address to listen on", \.address),
        ParameterDescriptor(
            ["port", "rsync port"],
            .global,
            .number,
            usual: "873",
            "the port to listen on",
            .global { (globals, value) throws(ParameterFlaw) in globals.port = try value.port() }
        ),
        ParameterDescriptor(
            ["listen backlog"],
            .global,
            .number,
            usual: "5",
            "connections waiting to be accepted",
            .global { (globals, value) throws(ParameterFlaw) in globals.backlog = max(1, try value.number()) }
        ),
        .globalText("socket options", note: "socket options, such as SO_KEEPALIVE", \.socketOptions),
        .globalText("pid file", kind: .path, note: "the locked file with the daemon's process ID", \.processIDFile),
        .globalText("motd file", kind: .path, note: "file whose text is sent after the greeting", \.messageFile),
        .globalText(
            "daemon chroot",
            kind: .path,
            note:
                "root directory of the whole daemon; the configuration is then read once, and host names are looked up in that directory",
            \.root
        ),
        .globalText("daemon uid", note: "user that the daemon runs as", \.user),
        .globalText("daemon gid", note: "group that the daemon runs as", \.group),
        ParameterDescriptor(
            ["proxy protocol"],
            .global,
            .boolean,
            usual: "no",
            "each connection begins with a PROXY header, version 1 or 2, which names the client's address",
            .global { (globals, value) throws(ParameterFlaw) in globals.expectsProxyHeader = try value.boolean() }
        ),
        ParameterDescriptor(
            ["proxy protocol hosts"],
            .global,
            .list,
            usual: "",
            "the proxies whose headers are trusted; without any, every connection is refused",
            .global { (globals, value) throws(ParameterFlaw) in globals.proxies = try value.hosts() }
        ),
    ]
}
