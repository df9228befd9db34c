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
        .unsupported("--remote-option=OPTION, -M", "send an option to the other end only", because: "not implemented"),
        .unsupported(
            "--blocking-io",
            "blocking I/O for the remote shell",
            because: "a remote shell is never asked for it",
            mayBeOff: true
        ),
        .clientSetting("--port=PORT", "a daemon's port") { (state, value) throws(OptionError) in
            state.settings.port = try value.number(in: 1...UInt16.max)
        }
        .daemon(
            .value { (settings, value) throws(OptionError) in
                settings.port = try value.number(in: 1...UInt16.max)
            }
        ),
        .clientSetting(
            "--contimeout=SECONDS",
            "timeout in seconds for connecting to a daemon",
            off: { $0.settings.connectTimeout = 0 }
        ) { (state, value) throws(OptionError) in
            state.settings.connectTimeout = try value.number(in: 0...Int(Int32.max))
        },
        .clientSetting("--password-file=FILE", "read a daemon's password from a file") {
            $0.settings.passwordFile = $1.bytes
        },
        .unsupported("--address=ADDRESS", "own address of the connection", because: "only a daemon has it")
            .daemon(.value { $0.address = $1.text }),
        .unsupported("--sockopts=OPTIONS", "options of the socket", because: "not implemented")
            .daemon(.value { $0.socketOptions = $1.bytes }),
        .unsupported("--early-input=FILE", "input for a daemon's early exec", because: "not implemented"),
        .unsupported("--ipv4, -4", "use IPv4 only", because: "all addresses are tried")
            .daemon(.effect { $0.isIPv4 = true }),
        .unsupported("--ipv6, -6", "use IPv6 only", because: "all addresses are tried")
            .daemon(.effect { $0.isIPv4 = false }),
    ]
}
