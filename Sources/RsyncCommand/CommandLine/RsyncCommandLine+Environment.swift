extension RsyncCommandLine {
    /// The options that the environment sets; they come before those of the command line, which override them
    /// (rsync(1), ENVIRONMENT VARIABLES).
    static func presets(_ environment: [String: String]) -> [[UInt8]] {
        var words: [String] = []
        if let size = environment["RSYNC_MAX_ALLOC"] { words.append("--max-alloc=\(size)") }
        let isOn = ["RSYNC_PROTECT_ARGS", "RSYNC_OLD_ARGS"].map { (Int(environment[$0] ?? "") ?? 0) != 0 }
        if isOn == [true, false] { words.append("--secluded-args") }
        return words.map { Array($0.utf8) }
    }
}
