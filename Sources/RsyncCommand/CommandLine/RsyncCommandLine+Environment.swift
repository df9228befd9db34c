import RsyncOptions

extension RsyncCommandLine {
    /// The options that the environment sets; they come before those of the command line, which override them
    /// (rsync(1), ENVIRONMENT VARIABLES).
    static func presets(_ environment: [String: String]) -> [[UInt8]] {
        environment["RSYNC_MAX_ALLOC"].map { [Array("--max-alloc=\($0)".utf8)] } ?? []
    }

    /// Decides how arguments are passed: `-s` and `--old-args` of the command line exclude each other and come before the
    /// environment, whose `RSYNC_OLD_ARGS` comes before `RSYNC_PROTECT_ARGS` (rsync(1)).
    mutating func settlePassing(_ environment: [String: String]) throws(CommandError) {
        let (seclusion, oldLevel) = (settings.givenSeclusion, settings.givenOldLevel)
        if seclusion == true, oldLevel ?? 0 > 0 {
            throw .usage("--secluded-args conflicts with --old-args.")
        }
        let presetLevel = seclusion == true ? 0 : Self.number(environment["RSYNC_OLD_ARGS"])
        settings.passing.oldLevel = oldLevel ?? presetLevel
        let isPreset = settings.passing.oldLevel == 0 && Self.number(environment["RSYNC_PROTECT_ARGS"]) > 0
        settings.passing.isSecluded = seclusion ?? isPreset
    }

    private static func number(_ text: String?) -> Int { min(2, abs(Int(text ?? "") ?? 0)) }
}
