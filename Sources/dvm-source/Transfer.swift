public import ArgumentParser
import Glibc
public import TransferAgent

/// The command `dvm-source transfer`.
struct Transfer: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes volumes at a target equal to volumes here.",
        discussion: """
            Speaks rsync's daemon protocol inside TLS: the target is dvm-target serve, or stock rsyncd behind stunnel. \
            Owners go by name, hard links and holes are kept, lost+found at the top is left alone. \
            The password comes from --password-file, DVM_PASSWORD or RSYNC_PASSWORD. \
            Exit codes are rsync's: 0 complete, 23 some files could not be transferred, 24 some vanished, \
            20 stopped by a signal; of several volumes the worst counts.
            """
    )

    @Option(
        name: .customLong("volume"),
        help: ArgumentHelp("A volume and where it is mounted here.", valueName: "name=path")
    )
    var volumes: [String]

    @Option(help: ArgumentHelp("Where the target listens.", valueName: "host:port"))
    var target: String

    @OptionGroup var trust: TrustOptions

    @Option(help: ArgumentHelp("The name in the certificate, if it is not the target's host.", valueName: "name"))
    var serverName: String?

    @Option(help: ArgumentHelp("An HTTP proxy: http://[user:password@]host:port.", valueName: "url"))
    var proxy: String?

    @Option(help: ArgumentHelp("Hosts and networks that need no proxy, divided by commas.", valueName: "list"))
    var noProxy: String?

    @Option(help: ArgumentHelp("Who to be at the target.", valueName: "name"))
    var user = "root"

    @Option(
        help: ArgumentHelp("A file with the password as its first line; not readable by everybody.", valueName: "file")
    )
    var passwordFile: String?

    @Flag(inversion: .prefixedNo, help: "Delete at the target what is not here.")
    var delete = true

    @Flag(help: "Compare files by checksum instead of by size and time.")
    var checksum = false

    @Option(help: ArgumentHelp("Compress with zstd, lz4, zlibx, zlib, none or auto.", valueName: "choice"))
    var compress: String?

    @Option(help: ArgumentHelp("The most to send per second, such as 500K or 1.5M; alone, KiB.", valueName: "rate"))
    var bwlimit: String?

    @Option(help: "How progress is shown. (default: tty on a terminal, else lines)")
    var progress: ProgressStyle?

    /// What the room below understands.
    var settings: TransferSettings {
        var settings = TransferSettings(volumes: volumes, target: target, trust: trust.reason)
        settings.certificate = trust.certificate
        settings.privateKey = trust.privateKey
        settings.serverName = serverName
        settings.proxy = proxy
        settings.noProxy = noProxy ?? ""
        settings.user = user
        settings.passwordFile = passwordFile
        settings.environmentPassword = environment("DVM_PASSWORD") ?? environment("RSYNC_PASSWORD")
        settings.delete = delete
        settings.checksum = checksum
        settings.compress = compress
        settings.bandwidthLimit = bwlimit
        return settings
    }

    func run() throws {
        let job = try TransferJob(settings)
        for warning in job.warnings { StandardStream.error.write("dvm-source: \(warning)\n") }
        let style = progress ?? .usual(isTerminal: StandardStream.output.isTerminal)
        let run = TransferRun(job, display: ProgressDisplay(style: style))
        let outcomes = try StopSignals.run { await run.run() }
        throw ExitCode(outcomes.worstExitCode)
    }

    private func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension ProgressStyle: ExpressibleByArgument {}
