import AgentCommand
import ArgumentParser
import TransferAgent

/// Which job it is, how its target is reached and how it is verified: what all commands that connect have in common.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: .customLong("volume"),
        help: ArgumentHelp(
            "A volume's name, its name at the target if that differs, and its mount point.",
            valueName: "name[:target]=path"
        )
    )
    var volumes: [String] = []

    @Option(
        help: ArgumentHelp(
            "A job file in YAML or JSON; flags count more than it, and it more than variables DVM_NAME. - is standard input.",
            valueName: "file"
        )
    )
    var job: String?

    @Option(
        help: ArgumentHelp(
            "A file with a MigrationController, or the controller's ConfigMap, whose settings for today's pods count.",
            valueName: "file"
        )
    )
    var settings: String?

    @Option(
        help: ArgumentHelp(
            "A file with a MigPlan: its volumes are those of the job. (with --namespace)",
            valueName: "file"
        )
    )
    var plan: String?

    @Option(help: ArgumentHelp("The source namespace. (with --plan)", valueName: "name"))
    var namespace: String?

    @Option(help: .setting("target"))
    var target: String?

    @OptionGroup var trust: TrustOptions

    @Option(help: .setting("server-name"))
    var serverName: String?

    @Option(help: .setting("proxy"))
    var proxy: String?

    @Option(help: .setting("proxy-password-file"))
    var proxyPasswordFile: String?

    @Option(help: .setting("no-proxy"))
    var noProxy: String?

    @Option(help: .setting("user"))
    var user: String?

    @Option(help: .setting("password-file"))
    var passwordFile: String?

    @Option(help: .setting("connect-timeout"))
    var connectTimeout: Int?

    @Option(help: .setting("keep-alive"))
    var keepAlive: Int?

    @Option(help: .setting("silence-limit"))
    var silenceLimit: Int?

    @Flag(inversion: .prefixedNo, help: .setting("allow-weak-digest"))
    var allowWeakDigest: Bool?

    @Flag(inversion: .prefixedNo, help: .setting("strict-secrets"))
    var strictSecrets: Bool?

    @Option(help: "The format of log lines on standard error.")
    var logFormat = LogFormat.text

    func validate() throws {
        guard (plan == nil) == (namespace == nil) else {
            throw ValidationError("--plan and --namespace must be used together.")
        }
    }

    /// The job of the settings of today's pods, the environment, the plan, the job file and the flags.
    ///
    /// Secrets are taken out of the environment: a second call finds none there.
    ///
    /// - Parameter more: Adds further flags of the command.
    /// - Returns: The job.
    /// - Throws: ``AgentError`` for what cannot be used.
    func resolved(_ more: (inout JobLayer) -> Void = { _ in }) throws(AgentError) -> Job {
        var layers: [JobLayer] = []
        if let settings { layers.append(try ContractSettings(file: settings).layer()) }
        layers += try JobLayer.ofEnvironment()
        if let plan, let namespace { layers.append(try MigrationPlan(file: plan, namespace: namespace).layer) }
        if let job { layers.append(try JobLayer(jobFile: job)) }
        var flags = JobLayer()
        try flags.give(volumes: volumes)
        give(to: &flags)
        more(&flags)
        layers.append(flags)
        let stockPassword = EnvironmentSecret.take("RSYNC_PASSWORD")
        return try Job(layers: layers).with(
            password: EnvironmentSecret.take("DVM_PASSWORD") ?? stockPassword,
            proxyPassword: EnvironmentSecret.take("DVM_PROXY_PASSWORD")
        )
    }

    private func give(to layer: inout JobLayer) {
        layer.give("target", target)
        trust.give(to: &layer)
        layer.give("server-name", serverName)
        layer.give("proxy", proxy)
        layer.give("proxy-password-file", proxyPasswordFile)
        layer.give("no-proxy", noProxy)
        layer.give("user", user)
        layer.give("password-file", passwordFile)
        layer.give("connect-timeout", connectTimeout)
        layer.give("keep-alive", keepAlive)
        layer.give("silence-limit", silenceLimit)
        layer.give("allow-weak-digest", allowWeakDigest)
        layer.give("strict-secrets", strictSecrets)
    }
}
