import Checksums
import Glibc
import RsyncOptions
import RsyncWire
import VolumeAccess

extension DecisionRules {
    /// Rules for a session into a volume, which may be probed for its time resolution.
    ///
    /// - Parameters:
    ///   - state: The session's options and terms.
    ///   - volume: The destination.
    ///   - isLocal: Whether source and destination are on this machine, so that whole files are copied unless `-W` or
    ///     `--no-W` says otherwise.
    init(of state: SessionState, into volume: Volume, isLocal: Bool) {
        self.init(
            state.options,
            dialect: state.parameters.dialect,
            execution: state.execution,
            isLocal: isLocal,
            isRoot: geteuid() == 0,
            mask: ProcessMask.value
        )
        // Without checksums there are no block sums (rsync(1), `--checksum-choice`).
        if state.parameters.checksum == .none { wantsDelta = false }
        let isExact = state.options.comparison.comparesNanoseconds && state.parameters.dialect.listsNanoseconds
        // rsync's own option takes precedence over the file system's time resolution.
        if isExact, window < 0 { grain = state.execution.timeGrain(of: volume) }
    }

    /// Rules from options and terms alone.
    init(
        _ options: TransferOptions,
        dialect: Dialect,
        execution: Execution,
        isLocal: Bool,
        isRoot: Bool,
        mask: UInt32
    ) {
        makesLinks = options.attributes.links
        let isSuper = options.attributes.privileges.isSuper(asRoot: isRoot)
        makesDevices = options.attributes.devices && isSuper && !options.attributes.dropsDevices
        makesSpecials = options.attributes.specials && !options.attributes.dropsDevices
        keepsHardLinks = options.attributes.hardLinks
        keepsTimes = options.attributes.times
        // Backups change the times of the directories that they are in.
        let makesBackupsBeside = options.placement.makesBackups && options.placement.backupDirectory == nil
        keepsDirectoryTimes = !options.attributes.omitDirectoryTimes && !makesBackupsBeside
        keepsLinkTimes = !options.attributes.omitLinkTimes
        keepsAccessTimes = options.attributes.accessTimes > 0
        keepsPermissions = options.attributes.permissions
        changesDestination = execution.changesDestination
        keepsLists = options.attributes.acls
        storesLists = options.attributes.privileges == .simulated
        attributeNames = SessionState.attributeNames(options)
        keepsExecutability = options.attributes.executability
        keepsOwner = options.attributes.owner && isSuper
        keepsGroup = options.attributes.group
        self.isRoot = isRoot
        self.mask = mask
        comparesSums = options.comparison.checksum
        comparesSizesOnly = options.comparison.sizeOnly
        ignoresTimes = options.comparison.ignoreTimes
        window =
            options.comparison.modifyWindow
            ?? (options.comparison.comparesNanoseconds && dialect.listsNanoseconds ? -1 : 0)
        skipsNewer = options.comparison.update
        skipsMissing = options.comparison.existing
        skipsExisting = options.comparison.ignoreExisting
        largestSize = options.selection.largestSize
        smallestSize = options.selection.smallestSize
        skipsUnsafeLinks = options.selection.links.keepsSafeOnly
        listsOnly = options.selection.listsOnly
        confirms = options.selection.removesSources && execution.changesDestination
        ignoresImplied = options.selection.relative && !options.selection.impliedDirectories
        grain = TimeGrain()
        largestFile = options.limits.largestFile
        writesInPlace = options.placement.writesInPlace
        writesDevices = options.placement.writesDevices
        holdsUpdates = options.placement.holdsUpdates && execution.changesDestination
        appends = options.placement.appending != nil
        wantsDelta = !(options.wire.wholeFile ?? (isLocal && !appends))
        bases = BasisRules(options.placement)
        takesSmallestFirst = options.agent.smallestFirst
        let namesUnchanged = options.output.level(.name) > 1
        reportsUnchanged = options.output.itemize > 1 || options.output.itemize > 0 && namesUnchanged
        mentionsUnchanged = options.output.itemize == 0 && namesUnchanged
        mentionsSkipped = options.output.level(.skip) > 0
        comparesSkipped = options.output.level(.skip) > 1
        mentionsTypes = options.output.level(.nonreg) > 0
        // As in rsync, although its help has `symsafe` for them.
        mentionsUnsafeLinks = options.output.level(.name) > 0
        deletion = DeletionRules(options.deletion, in: dialect)
        deletion.isGuarded = deletion.isGuarded && execution.changesDestination
    }
}

extension BasisRules {
    fileprivate init(_ placement: TransferOptions.Placement) {
        alternates = placement.alternates.isEmpty ? nil : placement.alternateUse
        usesPartials = placement.keepsPartials
        fuzziness = placement.fuzziness
    }
}

extension DeletionRules {
    fileprivate init(_ deletion: TransferOptions.Deletion, in dialect: Dialect) {
        isWanted = deletion.isOn
        time = deletion.time ?? (dialect.deletesFirst ? .before : .during)
        most = deletion.most.map(Int64.init)
        replacesDirectories = deletion.replacesDirectories
        ignoresErrors = deletion.ignoreErrors
        isGuarded = deletion.isGuarded
        limit = deletion.limit
        refusesEmptySource = deletion.refusesEmptySource
    }
}
