extension SettingTable {
    /// What is the same for all kinds of passes: a record of its own for each kind would not know what the others did to the
    /// target.
    static let ofEveryPass: Set<String> = ["pass", "record"]

    /// The occasion of a pass, and what belongs to it.
    static let occasion: [Setting<TransferSettings>] = [
        .optionalChoice(
            "pass",
            \.kind,
            "The occasion: stage (the application runs: files that vanish or change are listed, and are no failure) or cutover (it is stopped: every exception is a failure)."
        ),
        .text(
            "record",
            \.recordFile,
            valueName: "file",
            "Write a JSON record of the pass to this file when it begins and when it ends (docs/schemas/pass-record.schema.json)."
        ),
        .commands(
            "before",
            \.hooks.before,
            "Run this command of a shell before the pass, to bring the application to rest; the pass ends if it fails. May be repeated."
        ),
        .commands(
            "after",
            \.hooks.after,
            "Run this command of a shell after the pass, also after one that failed. May be repeated."
        ),
        .seconds("hook-limit", \.hooks.limit, in: 1...86_400, "How long each of these commands may take."),
        .text(
            "migplan-name",
            \.hooks.planName,
            valueName: "name",
            "The value of migplan_name for these commands. (default: that of --plan)"
        ),
        .text(
            "migration-namespaces",
            \.hooks.namespaces,
            valueName: "list",
            "The value of migration_namespaces for these commands. (default: those of --plan)"
        ),
    ]
}
