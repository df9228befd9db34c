import Checksums
public import RsyncOptions

/// What a client asks of a server: the argument vector behind the program's name (protocol specification, session 2).
public struct ServerArguments: Sendable, Equatable {
    /// The options that the server needs to know.
    public var options: TransferOptions
    /// Whether the server sends (the client pulls).
    public var isSender: Bool
    /// The letters behind `e` and what stands before them, such as `.iLsfxCIvu`.
    public var capabilities: String
    /// The destination of a push, or the sources of a pull.
    public var paths: [[UInt8]]
    /// Whether the client sends the rest of its arguments on the stream (`-s`).
    public var isSecluded = false
    /// Why the arguments cannot be served; what came before the offending one is in effect.
    public internal(set) var refusal: WireError?
    /// Whether the `.` that ends the options was there; secluded arguments lack it until they are complete.
    public internal(set) var isComplete = true

    /// Makes the arguments that a client of ours sends.
    ///
    /// - Parameters:
    ///   - options: The client's options.
    ///   - isSender: Whether the server sends.
    ///   - paths: At least one; an empty one stands for `.`.
    public init(options: TransferOptions, isSender: Bool, paths: [[UInt8]]) {
        self.options = options
        self.isSender = isSender
        self.paths = paths.map { $0.isEmpty ? [UInt8(ascii: ".")] : $0 }
        capabilities = options.offersIncrementalRecursion ? ".iLsfxCIvu" : ".LsfxCIvu"
    }

    /// The whole vector, from `--server` on, without any quoting.
    public var encoded: [[UInt8]] { (encodedOptions + ["."]).map { Array($0.utf8) } + paths }

    /// The vector up to the `.` that ends the options; plain text without characters that a shell knows.
    public var encodedOptions: [String] {
        ["--server"] + (isSender ? ["--sender"] : []) + [letters] + settings + switches
    }

    /// The cluster of short options (protocol specification, session 2.2).
    private var letters: String {
        let isPush = !isSender
        let usesOldCompression = options.wire.compressChoice == nil || options.wire.compressChoice == .zlib
        var letters = "-" + String(repeating: "v", count: min(options.output.verbosity, 9))
        for (letter, isOn) in [
            ("q", options.output.quiet),
            ("n", options.dryRun),
            ("l", options.attributes.links),
            ("O", options.attributes.omitDirectoryTimes && isPush),
            ("W", options.wire.wholeFile == true || options.wire.checksumChoice == ChecksumAlgorithm.none),
            ("H", options.attributes.hardLinks),
            ("o", options.attributes.owner),
            ("g", options.attributes.group),
            ("D", options.attributes.devices),
            ("t", options.attributes.times),
            ("p", options.attributes.permissions),
            ("r", options.selection.recursive),
            ("c", options.comparison.checksum),
            ("I", options.comparison.ignoreTimes),
            ("S", options.placement.sparse),
            ("z", options.wire.compress && usesOldCompression),
        ] where isOn {
            letters += letter
        }
        return letters + "e" + capabilities
    }

    /// The long options with a value, in rsync's order (protocol specification, session 2.4).
    private var settings: [String] {
        let isPush = !isSender
        var words: [String] = []
        // A level alone would make the server compress.
        if options.wire.compress, let level = options.wire.compressLevel { words.append("--compress-level=\(level)") }
        if options.attributes.devices != options.attributes.specials {
            words.append(options.attributes.devices ? "--no-specials" : "--specials")
        }
        if isPush, options.output.itemize > 0 {
            words.append(options.output.itemize > 1 ? "--log-format=%i%I" : "--log-format=%i")
        }
        if options.wire.blockLength > 0 { words.append("-B\(options.wire.blockLength)") }
        if options.wire.timeout > 0 { words.append("--timeout=\(options.wire.timeout)") }
        if options.wire.bandwidthLimit > 0 { words.append("--bwlimit=\(options.wire.bandwidthLimit)") }
        if let choice = options.wire.checksumChoice {
            let second = options.wire.fileChecksumChoice.map { ",\($0.rawValue)" } ?? ""
            words.append("--checksum-choice=\(choice.rawValue)\(second)")
        }
        switch options.wire.compressChoice {
        case nil: break
        case .zlibx?: words.append("--new-compress")
        case .zlib?: words.append("--old-compress")
        case let choice?: words.append("--compress-choice=\(choice.rawValue)")
        }
        return words
    }

    /// The long options without a value, and the seed among them, in rsync's order (protocol specification, session 2.4).
    private var switches: [String] {
        let isPush = !isSender
        var words: [String] = []
        if isPush, options.deletion.isOn { words.append(options.deletion.isBefore ? "--delete-before" : "--delete") }
        if isPush, options.agent.smallestFirst { words.append("--dvm-smallest-first") }
        if isPush, options.agent.notes { words.append("--dvm-notes") }
        if options.agent.showsLife { words.append("--dvm-shows-life") }
        if isPush, options.deletion.isOn, let limit = options.deletion.limit {
            words.append("--dvm-delete-limit=\(limit)")
        }
        if isPush, options.deletion.isOn, options.deletion.refusesEmptySource { words.append("--dvm-refuse-empty") }
        if isPush, options.agent.tallies { words.append("--dvm-tally") }
        if isPush, !options.agent.job.isEmpty { words.append("--dvm-job=\(options.agent.job)") }
        if isPush, options.comparison.sizeOnly { words.append("--size-only") }
        if isPush, options.output.stats { words.append("--stats") }
        // The short form, which rsync sends for negative values, is unknown to servers before 3.1.3.
        if isPush, let window = options.comparison.modifyWindow { words.append("--modify-window=\(window)") }
        if options.wire.checksumSeed != 0 { words.append("--checksum-seed=\(options.wire.checksumSeed)") }
        if isPush, options.placement.partial, !options.placement.inPlace { words.append("--partial") }
        if options.deletion.ignoreErrors { words.append("--ignore-errors") }
        if options.attributes.numericIDs { words.append("--numeric-ids") }
        if isPush, options.placement.fsync { words.append("--fsync") }
        if options.placement.inPlace { words.append("--inplace") }
        return words
    }

    // MARK: what the letters mean

    /// The flags that a server answers with (protocol specification, session 4.2).
    ///
    /// Never among them: symlink conversion (there is no iconv here) and in-place partial directories.
    public var compatibilityFlags: CompatibilityFlags {
        var flags: CompatibilityFlags = [.symlinkTimes]
        if can("i"), options.offersIncrementalRecursion { flags.insert(.incrementalRecursion) }
        if can("f") { flags.insert(.safeFileList) }
        if can("x") { flags.insert(.avoidXattrOptimization) }
        if can("C") { flags.insert(.checksumSeedFix) }
        if can("v") { flags.insert(.varintFileListFlags) }
        if can("u") { flags.insert(.idZeroNames) }
        return flags
    }

    /// The version that a server announces: lower for a client that is a pre-release (protocol specification, session 4.1).
    public var announcedVersion: Int32 {
        let own = Dialect.newest.version
        let parts = capabilities.prefix { $0.isNumber || $0 == "." }.split(
            separator: ".",
            omittingEmptySubsequences: false
        )
        guard parts.count == 2, let version = Int32(parts[0]), let sub = Int32(parts[1]), sub != 0 else { return own }
        if version == own { return own - 1 }
        return version < own ? version - 1 : own
    }

    private func can(_ letter: Character) -> Bool { capabilities.contains(letter) }

    /// Whether the client sends a filter list to this server (protocol specification, session 8.1).
    public var expectsFilters: Bool { isSender || options.deletion.isOn }
}
