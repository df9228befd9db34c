import AgentCommand
import ArgumentParser
import Logging
import TransferAgent

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

    @OptionGroup var options: TransferOptionGroup

    var logFormat: LogFormat { options.connection.logFormat }
    var termination: TerminationOptions { options.termination }

    @Flag(help: "Print the job in YAML with the source of each value, and transfer nothing.")
    var printJob = false

    @Flag(help: "Print it as one JSON object instead. (with --print-job)")
    var json = false

    func validate() throws {
        guard printJob || !json else { throw ValidationError("--json requires --print-job.") }
    }

    func run() throws {
        guard printJob else { return try runAndReport() }
        let resolved = try options.resolved(log)
        StandardStream.output.write(json ? resolved.json : resolved.yaml)
    }

    func work(_ end: TerminationLog) throws -> TerminationReport {
        ProcessSetup.ignoreHangUps()
        let log = log
        let settings = try options.resolved(log).settings
        let job = try SourceJob(settings)
        try settings.identity().assume()
        for warning in job.warnings { log.warning("dvm-source: \(warning)") }
        let hooks = try HookProcesses(of: job)
        let agent = try SourceAgent(job, hooks: hooks, style: options.style, log: log)
        let server = try LocalControl.listen(options.local.control, for: Self.agent) { agent.answer($0) }
        try options.confine(settings, log)
        try server?.begin()
        let report = try StopSignals.run(beforeEnd: { end.write(Self.overdue) }, whenOverdue: agent.finishHooks) {
            await agent.run()
        }
        server?.end()
        return report
    }

    func show(_ report: TerminationReport) {
        if options.progress == .json { StandardStream.output.write(ProgressEvent.ended(report)) }
    }
}
