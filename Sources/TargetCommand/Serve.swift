import AgentCommand
import ArgumentParser
import Logging
package import TransferAgent

/// The command `dvm-target serve`.
struct Serve: ReportingCommand {
    static let agent = "dvm-target"

    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve volumes to sources until a signal arrives.",
        discussion: """
            Uses rsync's daemon protocol inside TLS: the source is dvm-source transfer, or stock rsync behind stunnel. \
            Each volume is a module. When ready, it prints a line "listening on ADDR:PORT (TLS)". \
            SIGTERM and SIGINT end it within 5 seconds: sources are told that the target stopped, complete files \
            stay. Exit code 0, or 20 if a session was interrupted. SIGHUP is ignored.
            """
    )

    @Option(
        help: ArgumentHelp("Listen on this address for TLS clients; port 0 picks a free port.", valueName: "addr:port")
    )
    var listen: String

    @Option(
        help: ArgumentHelp(
            "Listen on this address for clients without TLS, for a tunnel in the same pod.",
            valueName: "addr:port"
        )
    )
    var listenPlain: String?

    @Option(help: ArgumentHelp("The target's certificate and its chain.", valueName: "pem"))
    var certificate: String?

    @Option(help: ArgumentHelp("The certificate's key.", valueName: "pem"))
    var privateKey: String?

    @Option(
        help: ArgumentHelp(
            "Require TLS clients to have a certificate of these CAs, or to use --psk-file.",
            valueName: "pem"
        )
    )
    var clientCa: String?

    @Option(
        help: ArgumentHelp(
            "Admit TLS clients that have a key from this file of IDENTITY:KEY lines; must not be writable by other users. "
                + "Without --certificate, only those.",
            valueName: "file"
        )
    )
    var pskFile: String?

    @Option(
        name: .customLong("volume"),
        help: ArgumentHelp("A volume's name and its mount point.", valueName: "name=path")
    )
    var volumes: [String]

    @Option(
        help: ArgumentHelp(
            "A file of user:password lines; read again when it changes, must not be writable by other users.",
            valueName: "file"
        )
    )
    var credentials: String

    @Option(help: ArgumentHelp("The keep-alive interval.", valueName: "seconds"))
    var keepAlive = 20

    @Option(
        help:
            "What a complete volume survives: a power cut (the target waits for its disk), the end of the target process, or neither."
    )
    var durability = Durability.power

    @Option(
        help: ArgumentHelp("Refuse longer files by name, holes included.", valueName: "quantity")
    )
    var maxFileSize = "256Ti"

    @Option(
        help: ArgumentHelp(
            "The maximum memory for a session's file lists.",
            valueName: "quantity"
        )
    )
    var maxListMemory = "1Gi"

    @Option(
        help: ArgumentHelp(
            "End a session whose source has sent nothing, keep-alives included, for this long.",
            valueName: "seconds"
        )
    )
    var silenceLimit = 120

    @Flag(help: "Allow MD4 for the password, and MD5 for clients without TLS.")
    var allowWeakDigest = false

    @Flag(
        help:
            "Refuse files of passwords and keys that their group or other users can read, instead of warning of them. (default: DVM_STRICT_SECRETS)"
    )
    var strictSecrets = false

    @OptionGroup var local: ControlOptions

    @OptionGroup var termination: TerminationOptions

    @Option(help: "The format of log lines on standard error.")
    var logFormat = LogFormat.text

    @Option(
        help: ArgumentHelp(
            "Groups to be in, separated by commas; root joins them, another user has to be in them. (default: TARGET_SUPPLEMENTAL_GROUPS)",
            valueName: "numbers"
        )
    )
    var supplementalGroups: String?

    @Option(
        help: ArgumentHelp(
            "Started as root, become this user for good, without capabilities, once secrets are read and ports are open. (default: DVM_RUN_AS)",
            valueName: "uid[:gid]"
        )
    )
    var runAs: String?

    @Flag(help: "Keep all permissions of the user, instead of only those for the volumes.")
    var noSandbox = false

    /// What `TransferAgent` understands.
    var settings: ServeSettings {
        var settings = ServeSettings(
            listen: listen,
            certificate: certificate,
            privateKey: privateKey,
            volumes: volumes,
            credentials: credentials
        )
        settings.listenPlain = listenPlain
        settings.clientAuthorities = clientCa
        settings.keepAlive = .seconds(keepAlive)
        settings.silenceLimit = .seconds(silenceLimit)
        settings.allowsWeakDigest = allowWeakDigest
        settings.preSharedKeys = pskFile
        settings.durability = durability
        settings.largestFile = maxFileSize
        settings.listMemory = maxListMemory
        return settings
    }

    private func groups() throws -> [Int] {
        guard let supplementalGroups else { return try ContractSettings.ofEnvironment().targetGroups() }
        return try supplementalGroups.split(separator: ",").map { text in
            guard let number = Int(text), (0..<Int(UInt32.max)).contains(number) else {
                let reason = "--supplemental-groups: \(text) is not the number of a group"
                throw AgentError(.badSetting, reason, exitCode: 1)
            }
            return number
        }
    }

    func run() throws { try runAndReport() }

    func work(_ end: TerminationLog) throws -> TerminationReport {
        ProcessSetup.clearUmask()
        ProcessSetup.ignoreHangUps()
        let log = log
        let identity = try ProcessIdentity(runAs: runAs ?? AgentVariable.value("DVM_RUN_AS"), groups: try groups())
        var settings = settings
        settings.strictSecrets = try strictSecrets || AgentVariable.flag("DVM_STRICT_SECRETS")
        let service = try TargetService(settings, as: identity, log: log)
        log.notice("running as \(IdentityReport().text)")
        let server = try LocalControl.listen(local.control, for: Self.agent) { service.answer($0) }
        let notes = noSandbox ? ["not confined: --no-sandbox"] : try AgentSandbox(settings).confine().notes
        for note in notes { log.notice("\(note)") }
        try server?.begin()
        for line in service.announcements { StandardStream.output.write(line + "\n") }
        let failure = try StopSignals.run(beforeEnd: { end.write(Self.overdue) }, { await service.run() })
        let report = TerminationReport(failure, service.stop())
        server?.end()
        if let error = report.error { log.error("dvm-target: \(error)", metadata: error.logParts) }
        return report
    }
}

extension Durability: ExpressibleByArgument {}
