import AgentCommand
import ArgumentParser
import Logging
import TransferAgent

/// The command `dvm-source serve`.
struct SourceServeCommand: ReportingCommand {
    static let agent = "dvm-source"

    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Wait for commands that start transfers and steer them.",
        discussion: """
            Process 1 of a source pod: transfers run in it, and dvm-source start, status, attach, limit, pause, resume and stop, \
            which may be started by an exec and die with it, only ask it. The job is read once; the files of passwords and certificates \
            are read at each start. SIGTERM and SIGINT end it within 5 seconds: exit code 0, or 20 if a pass was \
            interrupted. SIGHUP is ignored.
            """
    )

    @OptionGroup var options: TransferOptionGroup

    var logFormat: LogFormat { options.connection.logFormat }
    var termination: TerminationOptions { options.termination }

    func run() throws { try runAndReport() }

    func work(_ end: TerminationLog) throws -> TerminationReport {
        ProcessSetup.ignoreHangUps()
        let resolved = try options.resolved(log)
        let settings = resolved.settings
        try Self.refuseInput(settings)
        // A mistake shows at once, not at the first start.
        let job = try SourceJob(settings)
        for warning in job.warnings { log.warning("dvm-source: \(warning)") }
        // A command may start a pass of another kind than the job's.
        var ofKinds: [PassKind: SourceJob] = [:]
        var others: [TransferSettings] = []
        for kind in PassKind.allCases {
            let settings = try resolved.during(kind).settings
            try Self.refuseInput(settings)
            ofKinds[kind] = try SourceJob(settings)
            others.append(settings)
        }
        try settings.identity().assume()
        log.notice("running as \(IdentityReport().text)")
        let hooks = try HookProcesses(of: [job] + PassKind.allCases.compactMap { ofKinds[$0] })
        let agent = SourceAgent(hooks: hooks, style: options.style, log: log) {
            [ofKinds, log] (kind) throws(AgentError) in
            let job = kind.flatMap { ofKinds[$0] } ?? job
            try job.renew { log.notice("dvm-source: \($0)") }
            return job
        }
        let name = options.local.control ?? LocalControl.usualName(of: Self.agent)
        let server = try LocalControl.listen(name, for: Self.agent) { agent.answer($0) }
        try options.confine(settings, isServing: true, others: others, log)
        try server?.begin()
        log.notice("waiting for commands at \(name)")
        let report = try StopSignals.run(beforeEnd: { end.write(Self.overdue) }, whenOverdue: agent.finishHooks) {
            await agent.run()
        }
        server?.end()
        return report
    }

    /// Refuses passwords from standard input, which can be read only once.
    private static func refuseInput(_ settings: TransferSettings) throws(AgentError) {
        for (option, file) in [
            ("--password-file", settings.passwordFile), ("--proxy-password-file", settings.proxyPasswordFile),
        ] where file == "-" {
            let text = "\(option) -: serve reads the password at each start, so it has to be in a file"
            throw AgentError(.badSetting, text, exitCode: 1)
        }
    }
}
