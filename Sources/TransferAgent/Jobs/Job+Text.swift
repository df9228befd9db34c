import AgentControl
import LinuxSystem
package import SecureTunnel

extension Job {
    /// The job as a job file in YAML, with the source of each value in a comment; passwords are hidden.
    package var yaml: String {
        var text = ""
        for setting in common { text += Self.line("", setting) }
        for (name, source) in secrets { text += "# \(name): hidden  # \(source)\n" }
        text += "\(SettingTable.volumesKey):\n"
        for volume in volumes {
            var indent = "  - "
            for setting in volume.settings {
                text += Self.line(indent, setting)
                indent = "    "
            }
        }
        return text
    }

    /// The job as a JSON object on one line: each setting with its value and source; passwords are hidden.
    package var json: String {
        let secrets = secrets.map { name, source in
            (name, JSONValue.object([("value", .text("hidden")), ("source", .text(source))]))
        }
        return JSONValue.object([
            ("settings", .object(common.map(Self.member) + secrets)),
            (SettingTable.volumesKey, .list(volumes.map { .object($0.settings.map(Self.member)) })),
        ]).encoded + "\n"
    }

    /// The passwords of the environment, which are not settings.
    private var secrets: [(String, String)] {
        var secrets: [(String, String)] = []
        if settings.environmentPassword != nil, settings.passwordFile == nil {
            secrets.append(("password", "environment DVM_PASSWORD or RSYNC_PASSWORD"))
        }
        if settings.environmentProxyPassword != nil, settings.proxyPasswordFile == nil {
            secrets.append(("proxy-password", "environment DVM_PROXY_PASSWORD"))
        }
        return secrets
    }

    /// Adds the passwords that the environment had.
    ///
    /// - Parameters:
    ///   - password: Of the target's user.
    ///   - proxyPassword: Of the proxy's user.
    /// - Returns: The job with them.
    package func with(password: SecretBytes?, proxyPassword: SecretBytes?) -> Job {
        var job = self
        job.settings.environmentPassword = password
        job.settings.environmentProxyPassword = proxyPassword
        return job
    }

    private static func line(_ indent: String, _ setting: Resolved) -> String {
        let value = shown(setting).encoded
        return "\(indent)\(setting.name): \(value)  # \(PrintableText.ofPeer(setting.source.text(setting.name)))\n"
    }

    private static func member(_ setting: Resolved) -> (String, JSONValue) {
        let source = JSONValue.text(setting.source.text(setting.name))
        return (setting.name, .object([("value", shown(setting)), ("source", source)]))
    }

    /// The value without the password of a proxy.
    private static func shown(_ setting: Resolved) -> JSONValue {
        switch setting.value {
        case .text(let text) where setting.name == "proxy":
            .text((try? ProxyURL(parsing: text))?.description ?? "hidden, since it is not a proxy URL")
        case .text(let text): .text(text)
        case .number(let number): .integer(Int64(number))
        case .flag(let flag): .flag(flag)
        case .texts(let texts): .list(texts.map { .text($0) })
        case .numbers(let numbers): .list(numbers.map { .integer(Int64($0)) })
        }
    }
}
