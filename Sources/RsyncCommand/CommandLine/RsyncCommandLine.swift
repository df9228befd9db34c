package import RsyncWire

/// What a command line asks for: a mode, and what goes with it.
package struct RsyncCommandLine: Sendable, Equatable {
    /// This program's version.
    package static let version = "0.1.0"

    /// What to do.
    package enum Mode: Sendable, Equatable {
        /// Copy files.
        case transfer(TransferJob)
        /// Show a daemon's modules.
        case listModules(RemoteHost, overShell: Bool)
        /// Be the server of a remote shell: the whole argument vector, from `--server` on.
        case server([[UInt8]])
        /// Be a daemon that talks on standard input and output.
        case daemonOverShell(DaemonSettings)
        /// Be a daemon.
        case daemon(DaemonSettings)
        /// Print the options.
        case help
        /// Print the version.
        case version
    }

    /// What to do.
    package var mode: Mode
    /// The options that both ends of a transfer know.
    package var options: TransferOptions
    /// The options that only this end knows.
    package var settings: ClientSettings
}

/// A machine that a source or destination names.
package struct RemoteHost: Sendable, Equatable {
    /// Name or address, without brackets.
    package var host: String
    /// The user in front of `@`; nil when none was written.
    package var user: String?
    /// The port of an `rsync://` URL; nil when none was written.
    package var port: UInt16?
}

/// One transfer.
package struct TransferJob: Sendable, Equatable {
    /// How the other end is reached.
    package enum Carrier: Sendable, Equatable {
        /// Both ends are here.
        case local
        /// A remote shell starts the other end.
        case shell(RemoteHost)
        /// A daemon is the other end, over TCP or over a remote shell.
        case daemon(RemoteHost, module: [UInt8], overShell: Bool)
    }

    /// How the other end is reached.
    package var carrier: Carrier
    /// Whether files go from here to there.
    package var isPush: Bool
    /// Paths; those of a daemon are relative to the module.
    package var sources: [[UInt8]]
    /// A path; that of a daemon is relative to the module.
    package var destination: [UInt8]
}

/// How far a transfer shows its progress.
package enum ProgressStyle: Sendable, Equatable {
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
    package var progress = ProgressStyle.none
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
}
