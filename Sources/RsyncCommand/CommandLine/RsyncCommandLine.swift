import RsyncEngine
package import RsyncOptions

/// A parsed command line: a mode and its arguments.
package struct RsyncCommandLine: Sendable, Equatable {
    /// This program's version.
    package static let version = ExitText.version

    /// What to do.
    package enum Mode: Sendable, Equatable {
        /// Copy files.
        case transfer(TransferJob)
        /// Show a daemon's modules.
        case listModules(RemoteHost, overShell: Bool)
        /// Run as the server of a remote shell: the whole argument vector, from `--server` on.
        case server([[UInt8]])
        /// Run as a daemon on standard input and output.
        case daemonOverShell(DaemonSettings)
        /// Run as a daemon.
        case daemon(DaemonSettings)
        /// Print help or the version.
        case information(ClientOptions.Request)
    }

    /// What to do.
    package var mode: Mode
    /// The options that both ends of a transfer know.
    package var options: TransferOptions
    /// The options that only this end knows.
    package var settings: ClientSettings

    /// Whether files are received from another machine.
    var isPull: Bool {
        if case .transfer(let job) = mode { return !job.isPush && job.carrier != .local }
        return false
    }
}

/// A machine that a source or destination names.
package struct RemoteHost: Sendable, Equatable {
    /// Name or address, without brackets.
    package var host: String
    /// The user before `@`; nil when none was written.
    package var user: String?
    /// The port of an `rsync://` URL; nil when none was written.
    package var port: UInt16?
}

/// One transfer.
package struct TransferJob: Sendable, Equatable {
    /// The connection to the other end.
    package enum Carrier: Sendable, Equatable {
        /// Both ends are local.
        case local
        /// A remote shell starts the other end.
        case shell(RemoteHost)
        /// A daemon is the other end, over TCP or over a remote shell.
        case daemon(RemoteHost, module: [UInt8], overShell: Bool)
    }

    /// The connection to the other end.
    package var carrier: Carrier
    /// Whether the transfer is a push.
    package var isPush: Bool
    /// Paths; those of a daemon are relative to the module.
    package var sources: [[UInt8]]
    /// A path; that of a daemon is relative to the module.
    package var destination: [UInt8]
}
