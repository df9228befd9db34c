import AgentCommand
import ArgumentParser
import TransferAgent

/// How a target is reached and how it is verified: what all commands that connect have in common.
struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where the target listens.", valueName: "host:port"))
    var target: String

    @OptionGroup var trust: TrustOptions

    @Option(help: ArgumentHelp("The name in the certificate, if it differs from the target's host.", valueName: "name"))
    var serverName: String?

    @Option(help: ArgumentHelp("An HTTP proxy: http://[user[:password]@]host:port.", valueName: "url"))
    var proxy: String?

    @Option(
        help: ArgumentHelp("A file whose first line is the password for the user in the proxy URL.", valueName: "file")
    )
    var proxyPasswordFile: String?

    @Option(help: ArgumentHelp("Hosts and networks that need no proxy, separated by commas.", valueName: "list"))
    var noProxy: String?

    @Option(help: ArgumentHelp("User name.", valueName: "name"))
    var user = "root"

    @Option(
        help: ArgumentHelp(
            "A file whose first line is the password; must not be readable by other users.",
            valueName: "file"
        )
    )
    var passwordFile: String?

    @Option(help: ArgumentHelp("The keep-alive interval.", valueName: "seconds"))
    var keepAlive = 20

    @Option(
        help: ArgumentHelp(
            "Give up when the target has sent nothing, keep-alives included, for this long.",
            valueName: "seconds"
        )
    )
    var silenceLimit = 120

    @Flag(help: "Allow MD4 for the password, and MD5 with --insecure.")
    var allowWeakDigest = false

    @Option(help: "The format of log lines on standard error.")
    var logFormat = LogFormat.text

    func validate() throws {
        guard proxyPasswordFile == nil || proxy != nil else {
            throw ValidationError("--proxy-password-file requires --proxy.")
        }
    }

    /// What `TransferAgent` understands.
    ///
    /// Secrets are taken out of the environment: a second call finds none there.
    ///
    /// - Parameter volumes: Each as `NAME=PATH`.
    /// - Returns: The settings of a transfer, the rest of it as usual.
    func settings(volumes: [String]) -> TransferSettings {
        var settings = TransferSettings(volumes: volumes, target: target, trust: trust.reason)
        settings.certificate = trust.certificate
        settings.privateKey = trust.privateKey
        settings.serverName = serverName
        settings.proxy = proxy
        settings.proxyPasswordFile = proxyPasswordFile
        settings.environmentProxyPassword = EnvironmentSecret.take("DVM_PROXY_PASSWORD")
        settings.noProxy = noProxy ?? ""
        settings.user = user
        settings.passwordFile = passwordFile
        let stockPassword = EnvironmentSecret.take("RSYNC_PASSWORD")
        settings.environmentPassword = EnvironmentSecret.take("DVM_PASSWORD") ?? stockPassword
        settings.keepAlive = .seconds(keepAlive)
        settings.silenceLimit = .seconds(silenceLimit)
        settings.allowsWeakDigest = allowWeakDigest
        return settings
    }
}
