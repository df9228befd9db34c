import AgentCommand
import ArgumentParser
import Logging
package import TransferAgent

/// The command `dvm-source transfer`.
struct Transfer: ReportingCommand {
    static let agent = "dvm-source"

    static let configuration = CommandConfiguration(
        commandName: "transfer",
        abstract: "Synchronize local volumes to a target.",
        discussion: """
            Uses rsync's daemon protocol inside TLS: the target is dvm-target serve, or stock rsyncd behind stunnel. \
            Owners are matched by number, hard links and holes are preserved, ACLs and extended attributes where the target is \
            a dvm-target that can keep them; lost+found at the top is ignored. \
            The password comes from --password-file, DVM_PASSWORD or RSYNC_PASSWORD, the proxy's from its URL, \
            --proxy-password-file or DVM_PROXY_PASSWORD; HTTPS_PROXY and similar variables are ignored. \
            All that is asked can stand in a job file (--job) or in variables such as DVM_DELETE_LIMIT: docs/jobs.md. \
            Exit codes are rsync's: 0 complete, 23 some files could not be transferred, 24 some vanished, \
            25 deletions were refused, 20 stopped by SIGTERM or SIGINT, within 5 seconds; with several volumes, that of the \
            worst one. SIGHUP and the end of whatever reads the output do not stop a transfer.
            """
    )

    @Option(
        name: .customLong("volume"),
        help: ArgumentHelp(
            "A volume's name, its name at the target if that differs, and its mount point.",
            valueName: "name[:target]=path"
        )
    )
    var volumes: [String] = []

    @OptionGroup var connection: ConnectionOptions

    var logFormat: LogFormat { connection.logFormat }

    @Option(help: .setting("job-name"))
    var jobName: String?

    @Option(help: .setting("supplemental-groups"))
    var supplementalGroups: String?

    @Option(help: .setting("parallel"))
    var parallel: Int?

    @OptionGroup var pass: PassOptions

    @Flag(help: "Print the job in YAML with the source of each value, and transfer nothing.")
    var printJob = false

    @Flag(help: "Print it as one JSON object instead. (with --print-job)")
    var json = false

    @Flag(help: "Keep all permissions of the user, instead of only reading the volumes.")
    var noSandbox = false

    @Option(help: "How progress is shown. (default: tty on a terminal, else lines)")
    var progress: ProgressFormat?

    @OptionGroup var local: ControlOptions

    @OptionGroup var termination: TerminationOptions

    func validate() throws {
        guard printJob || !json else { throw ValidationError("--json requires --print-job.") }
    }

    func run() throws {
        guard printJob else { return try runAndReport() }
        let resolved = try resolved()
        StandardStream.output.write(json ? resolved.json : resolved.yaml)
    }

    func work(_ end: TerminationLog) throws -> TerminationReport {
        ProcessSetup.ignoreHangUps()
        let log = log
        let settings = try resolved().settings
        for warning in GroupMembership.join(settings.supplementalGroups) { log.warning("dvm-source: \(warning)") }
        let job = try SourceJob(settings)
        for warning in job.warnings { log.warning("dvm-source: \(warning)") }
        let style =
            progress ?? .usual(isTerminal: StandardStream.output.isTerminal, terminalType: StandardStream.terminalType)
        let run = TransferRun(job, display: ProgressDisplay(style: style, log: log))
        let server = try LocalControl.listen(local.control, for: Self.agent) { run.board.answer($0) }
        if !noSandbox {
            let (isConfined, notes) = try AgentSandbox(settings).confine()
            for note in notes where !isConfined { log.notice("dvm-source: \(note)") }
        }
        try server?.begin()
        return TerminationReport(try StopSignals.run(beforeEnd: { end.write(Self.overdue) }, { await run.run() }))
    }

    func show(_ report: TerminationReport) {
        if progress == .json { StandardStream.output.write(ProgressEvent.ended(report)) }
    }

    /// The job of the command line, the environment and the file; notes about it are logged.
    private func resolved() throws -> Job {
        let job = try connection.resolved(volumes: volumes) { layer in
            layer.give("job-name", jobName)
            layer.give("supplemental-groups", supplementalGroups?.split(separator: ",").map(String.init) ?? [])
            layer.give("parallel", parallel)
            pass.give(to: &layer)
        }
        for note in job.notes { log.warning("dvm-source: \(note)") }
        return job
    }
}

extension ProgressFormat: ExpressibleByArgument {}
