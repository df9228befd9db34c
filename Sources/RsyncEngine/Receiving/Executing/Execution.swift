import RsyncOptions
import RsyncWire
import VolumeAccess

/// Whether a session changes the destination or only reports what it would change (`-n`, `--list-only`).
///
/// Made once from the options; what a dry run leaves out asks this value, not the options.
enum Execution: Sendable {
    /// The destination is changed.
    case real
    /// Nothing is changed, and no content is sent.
    case dryRun

    /// The execution that the options request.
    init(_ options: TransferOptions) { self = options.dryRun || options.selection.listsOnly ? .dryRun : .real }

    /// Whether the destination is changed, so that concurrent writers, data loss and deletions have to be guarded
    /// against.
    var changesDestination: Bool { self == .real }

    /// Whether requested content is sent.
    var bringsContent: Bool { self == .real }

    /// The executor of the generator's decisions.
    func executor(_ context: GeneratorContext, _ deleter: Deleter) -> any Executor {
        switch self {
        case .real: VolumeExecutor(context, deleter)
        case .dryRun: DryRunExecutor(context, deleter)
        }
    }

    /// Determines the resolution of times at a destination.
    func timeGrain(of volume: Volume) -> TimeGrain { TimeGrain(of: volume, mayMakeNames: self == .real) }

    /// The object that flushes the destination to its device; nil if that is not requested or nothing changes.
    func synchronizer(_ state: SessionState, of volume: Volume) throws(EngineError) -> Synchronizer? {
        state.options.placement.fsync && self == .real ? try Synchronizer(state: state, volume: volume) : nil
    }

    /// Removes a name with everything below it, or reports what would be removed.
    ///
    /// - Parameters:
    ///   - leaf: The name to remove.
    ///   - directory: Its parent directory.
    ///   - backup: Called right before an entry is removed, except in a dry run; false keeps it.
    ///   - willRemove: Called before each removal; false keeps the entry.
    ///   - didRemove: Called for each removed entry, contents first, with its path below the volume's root.
    ///   - didKeep: Called for each directory that remains because of something in it.
    ///   - isKept: Whether an entry is kept with all its contents.
    /// - Returns: The errors for what could not be removed.
    /// - Throws: ``VolumeError`` when the name itself cannot be examined.
    func removeTree(
        _ leaf: [UInt8],
        in directory: VolumeDirectory,
        backup: ((_ path: [UInt8], _ kind: FileKind) -> Bool)? = nil,
        _ willRemove: (_ path: [UInt8], _ kind: FileKind) -> Bool,
        removed didRemove: (_ path: [UInt8], _ kind: FileKind) -> Void,
        remaining didKeep: (_ path: [UInt8]) -> Void,
        keeping isKept: (_ path: [UInt8], _ kind: FileKind) -> Bool
    ) throws(VolumeError) -> [VolumeError] {
        switch self {
        case .real:
            return try directory.removeTree(
                leaf.span,
                { path, kind in willRemove(path, kind) && backup?(path, kind) ?? true },
                removed: didRemove,
                remaining: didKeep,
                keeping: isKept
            )
        case .dryRun:
            _ = try directory.surveyTree(
                leaf,
                willRemove,
                removed: didRemove,
                remaining: didKeep,
                keeping: isKept
            )
            return []
        }
    }
}

extension VolumeDirectory {
    /// Tells what ``removeTree(_:_:removed:remaining:keeping:)`` would do, contents first.
    ///
    /// - Returns: Whether the name would be gone.
    fileprivate func surveyTree(
        _ leaf: [UInt8],
        _ willRemove: (_ path: [UInt8], _ kind: FileKind) -> Bool,
        removed didRemove: (_ path: [UInt8], _ kind: FileKind) -> Void,
        remaining didKeep: (_ path: [UInt8]) -> Void,
        keeping isKept: (_ path: [UInt8], _ kind: FileKind) -> Bool
    ) throws(VolumeError) -> Bool {
        guard let status = try status(of: leaf.span), !status.isMountRoot else { return false }
        let path = path(of: leaf.span)
        var isEmpty = true
        if status.isDirectory {
            let inner = try openDirectory(leaf.span)
            let listing = try inner.list()
            let order = listing.sortedIndices().reversed()
            let (others, directories) = (
                order.filter { listing.kinds[$0] != .directory }, order.filter { listing.kinds[$0] == .directory }
            )
            for index in directories + others {
                let child = listing.nameBytes(index)
                guard !isKept(inner.path(of: child.span), listing.kinds[index]) else {
                    isEmpty = false
                    continue
                }
                let isGone = try inner.surveyTree(
                    child,
                    willRemove,
                    removed: didRemove,
                    remaining: didKeep,
                    keeping: isKept
                )
                isEmpty = isEmpty && isGone
            }
        }
        guard isEmpty else {
            didKeep(path)
            return false
        }
        guard willRemove(path, status.kind) else { return false }
        didRemove(path, status.kind)
        return true
    }
}
