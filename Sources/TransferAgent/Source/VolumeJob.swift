import LinuxSystem
package import RsyncOptions
import RsyncWire

/// One volume of a job, checked and ready to be transferred.
package struct VolumeJob: Sendable {
    /// The volume.
    package let mapping: VolumeMapping
    /// What is asked of the engine: archive, and what the settings say.
    package let options: TransferOptions
    /// Whether ACLs and extended attributes are transferred.
    let attributes: AttributePolicy
    /// Whether SELinux labels are, too.
    let labels: Bool
    let check: CheckPolicy
    let whenTight: TightPolicy
    /// The guard against accidental deletions.
    let brake: DeletionBrake
    /// Whether its path has to be a mount point.
    let isMountPoint: Bool
    /// Whether a target that was changed since the last pass is overwritten.
    let allowsDiverged: Bool
    let wait: Duration
    /// How often it is tried.
    let attempts: Int
    /// How long after its first failure it is tried again.
    let retryFor: Duration
    /// The occasion of the pass.
    let kind: PassKind?
    /// The exceptions with which it still counts as transferred.
    let accepted: Set<AcceptedException>

    /// Its name on this side.
    package var name: String { mapping.name }
    /// Where it is mounted on this side.
    package var path: String { mapping.path }
    /// The daemon's module.
    package var module: String { mapping.targetName }
    /// Whether patterns leave out a part of it.
    var leavesOut: Bool { options.selection.filters.rules.count > 1 }

    /// Checks the settings of a volume.
    ///
    /// - Parameters:
    ///   - mapping: The volume.
    ///   - settings: Those of the job, which may have other ones for this volume.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``.
    init(_ mapping: VolumeMapping, _ settings: TransferSettings) throws(AgentError) {
        let pass = settings.otherPasses[mapping.name] ?? settings.pass
        self.mapping = mapping
        options = try Self.options(pass, settings)
        attributes = pass.attributes
        labels = pass.labels
        check = pass.check
        whenTight = pass.whenTight
        brake = try DeletionBrake(pass)
        kind = settings.kind
        accepted = kind == .stage ? pass.accept.union([.vanished, .changed]) : pass.accept
        isMountPoint = pass.mountPoint
        allowsDiverged = pass.allowDiverged
        attempts = max(1, pass.attempts)
        retryFor = pass.retryFor
        guard pass.wait >= .zero else { throw AgentError(.badSetting, "--wait must not be negative", exitCode: 1) }
        guard !pass.labels || pass.attributes != .never else {
            throw AgentError(.badSetting, "--selinux-labels cannot be used with --attributes never", exitCode: 1)
        }
        wait = pass.wait
    }

    private static func options(
        _ pass: PassSettings,
        _ settings: TransferSettings
    ) throws(AgentError) -> TransferOptions {
        var options = TransferOptions()
        options.setArchive()
        options.attributes.hardLinks = pass.hardLinks
        options.attributes.numericIDs = pass.owners == .numbers
        options.attributes.omitDirectoryTimes = pass.omitDirectoryTimes
        options.placement.sparse = pass.sparse
        options.placement.partial = pass.partial
        let silence = try SilenceLimit(settings.silenceLimit)
        // For a stock target, which sends keep-alives only when it has one.
        options.wire.timeout = silence.seconds
        options.limits.silenceLimit = silence.duration
        options.limits.keepAlive = settings.keepAlive
        options.deletion.isOn = pass.delete
        options.deletion.most = pass.delete ? pass.mostDeletions.map { Int32(clamping: $0) } : nil
        options.limits.largestFile = try FileSizeLimit.bytes(pass.largestFile)
        options.output.listsChangedFiles = true
        options.comparison.checksum = pass.checksum
        options.comparison.comparesNanoseconds = true
        options.wire.blockLength = pass.blockSize ?? 0
        if let choice = pass.compress { try choose(choice, in: &options) }
        if let rate = pass.bandwidthLimit {
            options.wire.bandwidthLimit = try BandwidthRate(parsing: rate).kibibytesPerSecond
        }
        // The directory that fsck keeps belongs to the file system, not to the volume's data (MTC contract 1.1).
        options.selection.filters.append(FilterRule(pattern: Array("/lost+found".utf8), isInclude: false))
        for (patterns, isInclude) in [(pass.include, true), (pass.exclude, false)] {
            for pattern in patterns {
                try check(pattern: pattern, option: isInclude ? "--include" : "--exclude")
                options.selection.filters.append(FilterRule(pattern: Array(pattern.utf8), isInclude: isInclude))
            }
        }
        return options
    }

    private static func choose(_ choice: String, in options: inout TransferOptions) throws(AgentError) {
        let algorithm = try compression(choice)
        guard algorithm != CompressionAlgorithm.none else { return }
        options.wire.compress = true
        options.wire.compressChoice = algorithm
    }

    /// Reads the value of `--compress`; nil for one that the two ends agree on.
    static func compression(_ choice: String) throws(AgentError) -> CompressionAlgorithm? {
        if choice == "auto" { return nil }
        guard let algorithm = CompressionAlgorithm(rawValue: choice) else {
            let known = (CompressionAlgorithm.allCases.map(\.rawValue) + ["auto"]).joined(separator: ", ")
            throw AgentError(.badSetting, "--compress \(choice) is not one of \(known)", exitCode: 1)
        }
        return algorithm
    }

    /// Checks a pattern of `--include` or `--exclude`, as a rule that has to reach a peer of any version.
    static func check(pattern: String, option: String) throws(AgentError) {
        guard !pattern.isEmpty, !pattern.utf8.contains(0), pattern.utf8.count <= 4000 else {
            throw AgentError(.badSetting, "\(option): a pattern is empty, too long or contains a NUL byte", exitCode: 1)
        }
    }
}
