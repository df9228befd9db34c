extension ParameterTable {
    /// Identity and commands.
    static let identity: [ParameterDescriptor] = [
        .text("uid", usual: "nobody if started by root", "the user of a session", \.user),
        .text("gid", kind: .list, usual: "nogroup if started by root", "its groups; `*`: all of the user's", \.group),
        .tristate("use chroot", "confine a session to the path, or to the part before `/./`", \.usesChroot),
        .text("early exec", kind: .command, "a command run before the client's request is known", \.earlyCommand),
        .text(
            "pre-xfer exec",
            kind: .command,
            "a command run before a transfer, which it can prevent",
            \.commandBefore
        ),
        .text("post-xfer exec", kind: .command, "a command run after a transfer", \.commandAfter),
        .refused(
            "name converter",
            .command,
            "a program that converts names and numbers of owners",
            because: "owners are matched by number or by the system's databases"
        ),
    ]
}
