/// The options of a client's command line.
package struct ClientOptions: Sendable, Equatable {
    /// What is printed instead of a transfer.
    package enum Request: Sendable, Equatable {
        case help, version, versionData, infoHelp, debugHelp
    }

    /// The options that both ends of a transfer know.
    package var transfer = TransferOptions()
    /// The options that only this end knows.
    package var settings = ClientSettings()
    /// `--help`, `--version` and the like; nil for a transfer.
    package var request: Request?

    package init() {}
}

/// Options that stay on the client.
package struct ClientSettings: Sendable, Equatable {
    /// How numbers are written: 0 plain, 1 with separators, 2 with units of 1000, 3 with units of 1024.
    package var humanLevel = 1
    /// The value of `--out-format`; nil when not given.
    package var outFormat: [UInt8]?
    /// `-8`: bytes above 127 are printed as they are.
    package var keepsHighBytes = false
    /// The value of `--outbuf`; nil for lines on a terminal and blocks elsewhere.
    package var buffering: OutputBuffering?
    /// `-0`: rules and names in files end with a NUL.
    package var isNULSeparated = false
    /// Whether only `-a` has turned on recursion, which `--files-from` turns off again.
    package var recursionIsImplied = false
    /// `--old-dirs`, unless `--dirs` came later.
    package var listsOneLevel = false
    /// The value of `--files-from`, until it is known where the file is.
    package var filesFrom: [UInt8]?
    /// How often `-F` was given.
    package var directoryRules = 0
    /// The value of `--log-file`.
    package var logFile: [UInt8]?
    /// The value of `--log-file-format`; nil when not given.
    package var logFileFormat: [UInt8]?
    /// `--no-motd` when false.
    package var showsGreeting = true
    /// What is printed before anything else: about options that have no effect.
    package var warnings: [String] = []
    /// The connection to a daemon.
    package var connection = ConnectionSettings()
    /// The value of `-e`; nil for `RSYNC_RSH` or ssh.
    package var shell: [UInt8]?
    /// The value of `--rsync-path`.
    package var serverProgram: [UInt8] = Array("rsync".utf8)
    /// How a server gets its arguments.
    package var passing = ArgumentPassing()
    /// Whether `-s` or its `--no-` form was given.
    package var givenSeclusion: Bool?
    /// How often `--old-args` was given; 0 for its `--no-` form.
    package var givenOldLevel: Int?
    /// Which of the options for owners and groups were given.
    var chownMix = ChownMix()

    package init() {}
}

/// Options for the connection to a daemon.
package struct ConnectionSettings: Sendable, Equatable {
    /// The value of `--password-file`.
    package var passwordFile: [UInt8]?
    /// The value of `--port`; nil for 873.
    package var port: UInt16?
    /// The value of `--contimeout`, in seconds; 0 for the system's own limit.
    package var timeout = 0
    /// The value of `--address`: a name or an address of this machine.
    package var localHost: String?
    /// The value of `--sockopts`.
    package var socketOptions: [UInt8]?
    /// `-4` or `-6`; nil for both versions of IP.
    package var isIPv4: Bool?
    /// The value of `--early-input`: a file.
    package var earlyInput: [UInt8]?

    package init() {}
}

/// The options of a daemon's command line; they override the configuration file.
package struct DaemonSettings: Sendable, Equatable {
    /// The value of `--config`; nil for the default path.
    package var configuration: [UInt8]?
    /// The value of `--port`.
    package var port: UInt16?
    /// The value of `--address`.
    package var address: String?
    /// Whether `--no-detach` was given.
    package var staysInForeground = false
    /// The value of `--log-file`.
    package var logFile: [UInt8]?
    /// The value of `--log-file-format`.
    package var logFormat: [UInt8]?
    /// The values of `--dparam`, each `NAME=VALUE`.
    package var overrides: [[UInt8]] = []
    /// The value of `--sockopts`.
    package var socketOptions: [UInt8]?
    /// `--bwlimit` in KiB/s; 0 for no limit.
    package var bandwidthLimit: Int64 = 0
    /// Whether `-4` or `-6` restricts listening to one version of IP; nil for both.
    package var isIPv4: Bool?
    /// `-v`, counted.
    package var verbosity = 0
    /// Whether `--help` was given.
    package var asksForHelp = false

    package init() {}
}
