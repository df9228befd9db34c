extension OptionTable {
    /// The connection to the other end.
    static let connection: [OptionDescriptor] = [
        OptionDescriptor(
            "--rsh=COMMAND, -e",
            "remote shell",
            client: .value { $0.settings.shell = $1.bytes },
            // The client's capabilities are sent with the same letter (protocol specification, session 2.3).
            server: .value { $0.capabilities = $1.text }
        ),
        .clientSetting("--rsync-path=PROGRAM", "program on the other machine") {
            $0.settings.serverProgram = $1.bytes
        },
        .clientSetting("--remote-option=OPTION, -M", "send an option to the other end only") {
            (state, value) throws(OptionError) in
            guard value.bytes.first == UInt8(ascii: "-") else {
                throw .usage("Remote option must start with a dash: \(value.text)")
            }
            state.settings.passing.remoteOptions.append(value.bytes)
        },
        // Pipes to a remote shell always block here.
        OptionDescriptor(
            "--blocking-io",
            "blocking I/O for the remote shell (always used)",
            client: .toggle { _, _ in }
        )
        .withoutEffectOnServer,
        .clientSetting("--port=PORT", "a daemon's port") { (state, value) throws(OptionError) in
            state.settings.connection.port = try value.number(in: 1...UInt16.max)
        }
        .daemon(
            .value { (settings, value) throws(OptionError) in
                settings.port = try value.number(in: 1...UInt16.max)
            }
        ),
        .clientSetting(
            "--contimeout=SECONDS",
            "timeout in seconds for connecting to a daemon",
            off: { $0.settings.connection.timeout = 0 }
        ) { (state, value) throws(OptionError) in
            state.settings.connection.timeout = try value.number(in: 0...Int(Int32.max))
        }
        .withoutEffectOnServer,
        .clientSetting("--password-file=FILE", "read a daemon's password from a file") {
            $0.settings.connection.passwordFile = $1.bytes
        },
        .clientSetting("--address=ADDRESS", "local address to connect from") {
            $0.settings.connection.localHost = $1.text
        }
        .daemon(.value { $0.address = $1.text }),
        .clientSetting("--sockopts=OPTIONS", "socket options") {
            $0.settings.connection.socketOptions = $1.bytes
        }
        .daemon(.value { $0.socketOptions = $1.bytes }),
        .clientSetting("--early-input=FILE", "input for a daemon's early exec, at most 5120 bytes") {
            $0.settings.connection.earlyInput = $1.bytes
        },
        OptionDescriptor("--ipv4, -4", "use IPv4 only", client: .effect { $0.settings.connection.isIPv4 = true })
            .daemon(.effect { $0.isIPv4 = true }),
        OptionDescriptor("--ipv6, -6", "use IPv6 only", client: .effect { $0.settings.connection.isIPv4 = false })
            .daemon(.effect { $0.isIPv4 = false }),
    ]
}
