extension OptionTable {
    /// Options after `--daemon`, and those of a server only.
    static let daemon: [OptionDescriptor] = [
        .daemonSetting("--daemon", "run as a daemon", .effect { _ in }),
        .daemonSetting("--config=FILE", "configuration file", .value { $0.configuration = $1.bytes }),
        .daemonSetting(
            "--dparam=PARAMETER, -M",
            "override a configuration parameter",
            .value { $0.overrides.append($1.bytes) }
        ),
        .daemonSetting("--no-detach", "stay in the foreground", .effect { $0.staysInForeground = true }),
        .daemonSetting("-h", "print help", .effect { $0.asksForHelp = true }),
        OptionDescriptor(
            "--sender",
            "the server sends",
            client: .unknown,
            server: .effect { $0.isSender = true }
        ),
    ]
}
