import AgentCommand
import ArgumentParser
import Logging
package import TransferAgent

/// The command `dvm-source transfer`.
struct Transfer: LoggingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Synchronize local volumes to a target.",
        discussion: """
            Uses rsync's daemon protocol inside TLS: the target is dvm-target serve, or stock rsyncd behind stunnel. \
            Owners are matched by number, hard links and holes are preserved, ACLs and extended attributes where the target is \
            a dvm-target that can keep them; lost+found at the top is ignored. \
            The password comes from --password-file, DVM_PASSWORD or RSYNC_PASSWORD, the proxy's from its URL, \
            --proxy-password-file or DVM_PROXY_PASSWORD; HTTPS_PROXY and similar variables are ignored. \
            Exit codes are rsync's: 0 complete, 23 some files could not be transferred, 24 some vanished, \
            25 deletions were refused, 20 stopped by a signal; with several volumes, that of the worst one.
            """
    )

    @Option(
        name: .customLong("volume"),
        help: ArgumentHelp("A volume's name and its mount point.", valueName: "name=path")
    )
    var volumes: [String]

    @OptionGroup var connection: ConnectionOptions

    var logFormat: LogFormat { connection.logFormat }

    @Flag(inversion: .prefixedNo, help: "Delete entries at the target that the source does not have.")
    var delete = true

    @Flag(help: "Delete at the target even if the source has no entries.")
    var allowEmptySource = false

    @Option(
        help: ArgumentHelp(
            "Delete nothing if more than this share of the target's entries would be deleted (from 100 entries on); 100 for no limit.",
            valueName: "percent"
        )
    )
    var deleteLimit = 50

    @Option(
        help: ArgumentHelp("How long to wait for a volume that another transfer is writing to.", valueName: "seconds")
    )
    var wait = 0

    @Option(
        help: ArgumentHelp(
            "A name for this job: a run with the same name ends the job's last session at the target instead of waiting.",
            valueName: "name"
        )
    )
    var job: String?

    @Flag(help: "Compare files by checksum instead of by size and time.")
    var checksum = false

    @Option(
        help:
            "ACLs and extended attributes: auto (to a dvm-target whose file system keeps them), always (to stock rsync, too) or never."
    )
    var attributes = AttributePolicy.auto

    @Flag(help: "Copy SELinux labels (security.selinux), too.")
    var selinuxLabels = false

    @Option(help: "How owners and groups are matched: numbers or names.")
    var owners = OwnerPolicy.numbers

    @Option(help: ArgumentHelp("Compress with zstd, lz4, zlibx, zlib, none or auto.", valueName: "choice"))
    var compress: String?

    @Option(
        help: ArgumentHelp("The maximum rate per second, such as 500K or 1.5M; without a unit, KiB.", valueName: "rate")
    )
    var bwlimit: String?

    @Option(
        help: ArgumentHelp("Refuse longer files by name (exit code 23), holes included.", valueName: "quantity")
    )
    var maxFileSize = "256Ti"

    @Option(help: "What the check before the transfer refuses: strict, fit, warn or none.")
    var check = CheckPolicy.fit

    @Option(
        help:
            "When there is not enough space for the usual method: refuse, or plan: delete first, small files first, or write in place."
    )
    var whenTight = TightPolicy.refuse

    @Flag(help: "Keep all permissions of the user, instead of only reading the volumes.")
    var noSandbox = false

    @Option(help: "How progress is shown. (default: tty on a terminal, else lines)")
    var progress: ProgressFormat?

    /// What `TransferAgent` understands.
    var settings: TransferSettings {
        var settings = connection.settings(volumes: volumes)
        settings.delete = delete
        settings.allowEmptySource = allowEmptySource
        settings.deleteLimit = deleteLimit
        settings.wait = .seconds(wait)
        settings.job = job
        settings.checksum = checksum
        settings.attributes = attributes
        settings.labels = selinuxLabels
        settings.owners = owners
        settings.compress = compress
        settings.check = check
        settings.whenTight = whenTight
        settings.bandwidthLimit = bwlimit
        settings.largestFile = maxFileSize
        return settings
    }

    func run() throws {
        let settings = self.settings
        let job = try SourceJob(settings)
        let log = log
        for warning in job.warnings { log.warning("dvm-source: \(warning)") }
        if !noSandbox {
            let (isConfined, notes) = try AgentSandbox(settings).confine()
            for note in notes where !isConfined { log.notice("dvm-source: \(note)") }
        }
        let style = progress ?? .usual(isTerminal: StandardStream.output.isTerminal)
        let run = TransferRun(job, display: ProgressDisplay(style: style, log: log))
        let outcomes = try StopSignals.run { await run.run() }
        throw ExitCode(outcomes.worstExitCode)
    }
}

extension ProgressFormat: ExpressibleByArgument {}
extension CheckPolicy: ExpressibleByArgument {}
extension AttributePolicy: ExpressibleByArgument {}
extension OwnerPolicy: ExpressibleByArgument {}
extension TightPolicy: ExpressibleByArgument {}
