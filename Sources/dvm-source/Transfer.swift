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

    @Option(help: ArgumentHelp("Believe the target if these authorities vouch for it.", valueName: "pem"))
    var ca: String?

    @Option(help: ArgumentHelp("Believe the target if its certificate has this digest.", valueName: "sha256"))
    var pin: String?

    @Flag(help: "Believe whoever answers. The data goes to them.")
    var insecure = false

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

    @Option(help: "What the check before the first byte refuses: strict, fit, warn or none.")
    var check = CheckPolicy.fit

    @Option(help: "When there is no room for the usual way: refuse, or plan to delete first and write in place.")
    var whenTight = TightPolicy.refuse

    @Option(help: "How progress is shown. (default: tty on a terminal, else lines)")
    var progress: ProgressStyle?

    func validate() throws {
        guard [ca != nil, pin != nil, insecure].count(where: { $0 }) == 1 else {
            throw ValidationError("Say why the target is believed: exactly one of --ca, --pin and --insecure.")
        }
    }

    /// What the room below understands.
    var settings: TransferSettings {
        let trust: TransferSettings.Trust =
            if let ca { .authorities(ca) } else if let pin { .pin(pin) } else { .insecure }
        var settings = TransferSettings(volumes: volumes, target: target, trust: trust)
        settings.serverName = serverName
        settings.proxy = proxy
        settings.noProxy = noProxy ?? ""
        settings.user = user
        settings.passwordFile = passwordFile
        settings.environmentPassword = environment("DVM_PASSWORD") ?? environment("RSYNC_PASSWORD")
        settings.delete = delete
        settings.checksum = checksum
        settings.compress = compress
        settings.check = check
        settings.whenTight = whenTight
        settings.bandwidthLimit = bwlimit
        return settings
    }

    func run() throws {
        let job = try TransferJob(settings)
        if let warning = job.warning { StandardStream.error.write("dvm-source: \(warning)\n") }
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
extension CheckPolicy: ExpressibleByArgument {}
extension TightPolicy: ExpressibleByArgument {}
