/// The one table of settings: job files, variables, help texts and the schema are made from it.
package enum SettingTable {
    /// How the target is reached and verified, and what concerns a job as a whole.
    static let job: [Setting<TransferSettings>] = login + trust + connection + occasion + whole

    private static let login: [Setting<TransferSettings>] =
        [
            .fixedText("target", \.target, valueName: "host:port", "Where the target listens."),
            .fixedText("user", \.user, valueName: "name", "User name."),
            .text(
                "password-file",
                \.passwordFile,
                valueName: "file",
                "A file whose first line is the password; must not be writable by other users. - is standard input."
            ),
        ]

    private static let connection: [Setting<TransferSettings>] =
        [
            .text(
                "certificate",
                \.certificate,
                valueName: "pem",
                "The certificate to present to a target with --client-ca."
            ),
            .text("private-key", \.privateKey, valueName: "pem", "The certificate's key."),
            .text(
                "server-name",
                \.serverName,
                valueName: "name",
                "The name in the certificate, if it differs from the target's host; a certificate without alternative names that is itself in --ca needs none."
            ),
            .text("proxy", \.proxy, valueName: "url", "An HTTP proxy: http://[user[:password]@]host:port."),
            .text(
                "proxy-password-file",
                \.proxyPasswordFile,
                valueName: "file",
                "A file whose first line is the password for the user in the proxy URL."
            ),
            .fixedText(
                "no-proxy",
                \.noProxy,
                valueName: "list",
                "Hosts and networks that need no proxy, separated by commas."
            ),
            .seconds(
                "connect-timeout",
                \.stepLimit,
                in: 1...3600,
                "How long each of connecting, the proxy's answer and the TLS handshake may take."
            ),
            .seconds("keep-alive", \.keepAlive, in: 1...3600, "The keep-alive interval."),
            .seconds(
                "silence-limit",
                \.silenceLimit,
                in: 2...86_400,
                "Give up when the target has sent nothing, keep-alives included, for this long."
            ),
            .flag("allow-weak-digest", \.allowsWeakDigest, "Allow MD4 for the password, and MD5 with --insecure."),
        ]

    private static let whole: [Setting<TransferSettings>] =
        [
            .text(
                "job-name",
                \.job,
                valueName: "name",
                "A name for this job: a run with the same name ends the job's last session at the target instead of waiting."
            ),
            .numbers(
                "supplemental-groups",
                \.supplementalGroups,
                in: 0...Int(UInt32.max - 1),
                valueName: "numbers",
                "Groups to be in, separated by commas; root joins them, another user has to be in them."
            ),
            .text(
                "run-as",
                \.runAs,
                valueName: "uid[:gid]",
                "Started as root, become this user for good, without capabilities, once secrets are read; commands of --before and --after run as this user, too."
            ) { (text) throws(AgentError) in try ProcessIdentity.parse(text) },
            .flag(
                "strict-secrets",
                \.strictSecrets,
                "Refuse files of passwords and keys that their group or other users can read, instead of warning of them."
            ),
            .number(
                "parallel",
                \.parallel,
                in: 1...SourceJob.mostParallel,
                valueName: "number",
                "How many volumes are transferred at the same time; --bwlimit holds for each of them."
            ),
        ]

    /// How a target is verified: exactly one of them is given, and one of a higher layer replaces one of a lower.
    static let trust: [Setting<TransferSettings>] = [
        trust("ca", "pem", "Trust a target whose certificate these CAs issued.", TransferSettings.Trust.authorities) {
            if case .authorities(let file) = $0 { file } else { nil }
        },
        trust("pin", "sha256", "Accept only the certificate with this SHA-256 digest.", TransferSettings.Trust.pin) {
            if case .pin(let digest) = $0 { digest } else { nil }
        },
        trust(
            "psk-file",
            "file",
            "Use the first IDENTITY:KEY line of this file as pre-shared key; must not be writable by other users.",
            TransferSettings.Trust.preSharedKey
        ) {
            if case .preSharedKey(let file) = $0 { file } else { nil }
        },
        Setting(name: "insecure", kind: .flag, help: "Do not verify the target's certificate (unsafe).") {
            $0.trust == .insecure ? .flag(true) : nil
        } write: { (settings, value) in
            if value == .flag(true) { settings.trust = .insecure }
        },
    ]

    private static func trust(
        _ name: String,
        _ valueName: String,
        _ help: String,
        _ make: @escaping @Sendable (String) -> TransferSettings.Trust,
        _ read: @escaping @Sendable (TransferSettings.Trust) -> String?
    ) -> Setting<TransferSettings> {
        Setting(name: name, kind: .text, valueName: valueName, help: help) {
            read($0.trust).flatMap { $0.isEmpty ? nil : .text($0) }
        } write: { (settings, value) in
            if case .text(let text) = value { settings.trust = make(text) }
        }
    }

    /// How a volume is transferred: for all volumes of a job, or for one of them.
    static let pass: [Setting<PassSettings>] = [
        .flag("delete", \.delete, "Delete entries at the target that the source does not have."),
        .flag("allow-empty-source", \.allowEmptySource, "Delete at the target even if the source has no entries."),
        .flag("mount-point", \.mountPoint, "Refuse a source path on which nothing is mounted."),
        .flag(
            "allow-diverged",
            \.allowDiverged,
            "Go on if something else has changed the target since the pass in --record."
        ),
        .number(
            "delete-limit",
            \.deleteLimit,
            in: 0...100,
            valueName: "percent",
            "Delete nothing if more than this share of the target's entries would be deleted (from 100 entries on); 100 for no limit."
        ),
        .optionalNumber(
            "max-delete",
            \.mostDeletions,
            in: 0...Int(Int32.max),
            valueName: "number",
            "Stop deleting after this many entries (exit code 25)."
        ),
        .flag("checksum", \.checksum, "Compare files by checksum instead of by size and time."),
        .patterns(
            "include",
            \.include,
            "Transfer names that match this pattern although one of --exclude matches; may be repeated."
        ),
        .patterns(
            "exclude",
            \.exclude,
            "Neither transfer nor delete names that match this pattern of rsync; may be repeated."
        ),
        .choice(
            "attributes",
            \.attributes,
            "ACLs and extended attributes: auto (to a dvm-target whose file system keeps them), always (to stock rsync, too) or never."
        ),
        .flag("selinux-labels", \.labels, "Copy SELinux labels (security.selinux), too."),
        .choice("owners", \.owners, "How owners and groups are matched: numbers or names."),
        .flag("hard-links", \.hardLinks, "Keep the names of one file names of one file."),
        .flag("sparse", \.sparse, "Make holes where a file has blocks of zeros."),
        .flag("partial", \.partial, "Let a stock target keep incomplete files for the next run."),
        .flag("omit-dir-times", \.omitDirectoryTimes, "Leave the times of directories as they are at the target."),
        .optionalNumber(
            "block-size",
            \.blockSize,
            in: 512...131_072,
            valueName: "bytes",
            "The length of the blocks that are compared. (default: by the length of a file)"
        ),
        .text(
            "compress",
            \.compress,
            valueName: "choice",
            "Compress with zstd, lz4, zlibx, zlib, none or auto."
        ) { (text) throws(AgentError) in _ = try VolumeJob.compression(text) },
        .text(
            "bwlimit",
            \.bandwidthLimit,
            valueName: "rate",
            "The maximum rate per second, such as 500K or 1.5M; without a unit, KiB."
        ) { (text) throws(AgentError) in _ = try BandwidthRate(parsing: text) },
        .fixedText(
            "max-file-size",
            \.largestFile,
            valueName: "quantity",
            "Refuse longer files by name (exit code 23), holes included."
        ) { (text) throws(AgentError) in _ = try FileSizeLimit.bytes(text) },
        .choice("check", \.check, "What the check before the transfer refuses: strict, fit, warn or none."),
        .choice(
            "when-tight",
            \.whenTight,
            "When there is not enough space for the usual method: refuse, or plan: delete first, small files first, or write in place."
        ),
        .seconds(
            "wait",
            \.wait,
            in: 0...31_536_000,
            "How long to wait for a volume that another transfer is writing to."
        ),
        .number(
            "attempts",
            \.attempts,
            in: 1...1000,
            valueName: "number",
            "How often a volume is tried as long as its failure may pass, with growing pauses of at most a minute."
        ),
        .seconds(
            "retry-for",
            \.retryFor,
            in: 0...31_536_000,
            "How long after its first failure a volume is tried again."
        ),
        .choices(
            "accept",
            \.accept,
            "End with exit code 0 although there were exceptions of this kind: vanished, attributes, top-directory-attributes (accepted unless the target owns that directory), large-files or changed; may be repeated."
        ),
    ]

    /// What a volume has for itself.
    static let volume: [Setting<VolumeSettings>] = [
        .fixedText("name", \.name, valueName: "name", "The volume's name."),
        .fixedText("path", \.path, valueName: "path", "Where the volume is mounted."),
        .text(
            "target-name",
            \.targetName,
            valueName: "name",
            "The volume's name at the target, if it differs: the daemon's module."
        ),
        .flag("skip", \.isSkipped, "Leave the volume out."),
    ]

    /// The keys that a job file may have for the job and all its volumes.
    static var jobKeys: [String] { job.map(\.name) + pass.map(\.name) + HookSettings.otherNames.map(\.name) }

    /// The name of the list of volumes in a job file.
    static let volumesKey = "volumes"

    /// The help text of a setting with its default, and what its value is called.
    ///
    /// - Parameter name: The setting's name.
    /// - Returns: Nil for a name that no setting has.
    package static func help(_ name: String) -> (text: String, valueName: String?)? {
        if let setting = job.first(where: { $0.name == name }) {
            return (described(setting, TransferSettings.unset), setting.valueName)
        }
        if let setting = pass.first(where: { $0.name == name }) {
            return (described(setting, PassSettings()), setting.valueName)
        }
        return nil
    }

    /// The help with the default, where there is one that is not plain from the form of the option.
    private static func described<Root>(_ setting: Setting<Root>, _ usual: Root) -> String {
        switch setting.read(usual) {
        case .text(let text): "\(setting.help) (default: \(text))"
        case .number(let number): "\(setting.help) (default: \(number))"
        case .flag(true): "\(setting.help) (default: --\(setting.name))"
        case .flag(false), .texts, .numbers, nil: setting.help
        }
    }
}

/// One volume of a job.
struct VolumeSettings: Sendable {
    /// Its name on this side.
    var name = ""
    /// Where it is mounted on this side.
    var path = ""
    /// Its name at the target; nil for the same.
    var targetName: String?
    /// Whether it is left out.
    var isSkipped = false
    /// How it is transferred.
    var pass = PassSettings()
}

extension TransferSettings {
    /// The usual settings, before a target, a way to verify it and volumes are given: nothing can be reached with them.
    static let unset = TransferSettings(volumes: [], target: "", trust: .authorities(""))
}
