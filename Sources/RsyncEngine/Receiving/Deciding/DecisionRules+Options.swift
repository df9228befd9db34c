import Glibc
import RsyncWire
import VolumeAccess

extension DecisionRules {
    /// The process's umask, read once: reading it takes setting it, for every thread.
    private static let processMask: UInt32 = {
        let current = umask(0)
        umask(current)
        return UInt32(current)
    }()

    /// Rules for a session into a volume, which may be tried for what it keeps of a time.
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
            mask: Self.processMask
        )
        let isExact = state.options.comparesNanoseconds && state.parameters.dialect.listsNanoseconds
        // What rsync's own option says is not softened by anything.
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
        makesLinks = options.links
        makesDevices = options.devices && isRoot
        makesSpecials = options.specials
        keepsHardLinks = options.hardLinks
        keepsTimes = options.times
        keepsDirectoryTimes = !options.omitDirectoryTimes
        keepsPermissions = options.permissions
        keepsOwner = options.owner && isRoot
        keepsGroup = options.group
        self.isRoot = isRoot
        self.mask = mask
        comparesSums = options.checksum
        comparesSizesOnly = options.sizeOnly
        ignoresTimes = options.ignoreTimes
        window = options.modifyWindow ?? (options.comparesNanoseconds && dialect.listsNanoseconds ? -1 : 0)
        grain = TimeGrain()
        largestFile = options.largestFile
        writesInPlace = options.inPlace
        wantsDelta = !(options.wholeFile ?? isLocal)
        takesSmallestFirst = options.smallestFirst
        reportsUnchanged = options.itemize > 1 || options.verbosity > 1
        deletion = DeletionRules(
            isWanted: options.delete,
            comesFirst: options.deletesBefore,
            ignoresErrors: options.ignoreErrors,
            isGuarded: options.guardsDeletions && execution.changesDestination,
            limit: options.deleteLimit,
            refusesEmptySource: options.refusesEmptySource,
            filters: options.filters
        )
    }
}
