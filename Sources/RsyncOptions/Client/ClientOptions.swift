/// What a client's command line says, but for its operands.
package struct ClientOptions: Sendable, Equatable {
    /// What is printed instead of a transfer.
    package enum Request: Sendable, Equatable {
        case help, version
    }

    /// The options that both ends of a transfer know.
    package var transfer = TransferOptions()
    /// The options that only this end knows.
    package var settings = ClientSettings()
    /// `--help` or `--version`; nil for a transfer.
    package var request: Request?

    package init() {}
}

/// How far a transfer shows its progress.
package enum ProgressOption: Sendable, Equatable {
    /// Not at all.
    case none
    /// `--progress`: a line for each file.
    case files
    /// `--info=progress2`: one line for all.
    case total
}

/// Options that stay on the client.
package struct ClientSettings: Sendable, Equatable {
    /// What `--progress` and `--info=progress` ask for.
    package var progress = ProgressOption.none
    /// How numbers are written: 0 plain, 1 with separators, 2 with units of 1000, 3 with units of 1024.
    package var humanLevel = 1
    /// What `--out-format` says; nil when not said.
    package var outFormat: [UInt8]?
    /// The levels of `--info` by name, in lower case; only what was said.
    package var info: [String: Int] = [:]
    /// What `--log-file` names.
    package var logFile: [UInt8]?
    /// What `--password-file` names.
    package var passwordFile: [UInt8]?
    /// What `--port` says; nil for 873.
    package var port: UInt16?
    /// What `--contimeout` says, in seconds; 0 for the system's own limit.
    package var connectTimeout = 0
    /// What `-e` says; nil for `RSYNC_RSH` or ssh.
    package var shell: [UInt8]?
    /// What `--rsync-path` says.
    package var serverProgram: [UInt8] = Array("rsync".utf8)

    package init() {}
}

/// What a daemon's command line says; it wins over the configuration file.
package struct DaemonSettings: Sendable, Equatable {
    /// What `--config` names; nil for the usual place.
    package var configuration: [UInt8]?
    /// What `--port` says.
    package var port: UInt16?
    /// What `--address` says.
    package var address: String?
    /// Whether `--no-detach` was said.
    package var staysInForeground = false
    /// What `--log-file` names.
    package var logFile: [UInt8]?
    /// Whether `--help` was said.
    package var asksForHelp = false

    package init() {}
}
