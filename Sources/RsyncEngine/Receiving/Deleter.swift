import Glibc
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Removes what the sender does not have (protocol specification, transfer 16).
///
/// Where the options guard deletions, what is to go is collected, and goes when it is known how much that is
/// (``Deleter/settle(_:_:)``).
///
/// Runs on the generator's thread.
final class Deleter {
    let state: SessionState
    private var hasWarned = false
    /// What was removed, for NDX_DEL_STATS.
    private(set) var counts = DeletionStatistics()
    /// Whether the sender has listed nothing but a directory without contents.
    var isSourceEmpty = false
    /// Whether ``settle(_:_:)`` has refused to delete.
    var hasRefused = false
    /// What waits for ``settle(_:_:)``, and what is known about the destination.
    var pending = PendingDeletions()
    /// Called now and then while much is counted or removed; nothing of the generator changes in it.
    var stayAlive: () -> Void = {}

    init(state: SessionState) {
        self.state = state
    }

    /// Whether what is to go has to wait.
    private var isWaiting: Bool {
        guard state.options.deletion.isGuarded, !state.options.dryRun else { return false }
        return state.options.deletion.limit != nil || isSourceEmpty
    }

    /// Shows signs of life between two removals: each may take long.
    func pause() { stayAlive() }

    /// Removes every name of a directory that is not in its list, unless a filter protects it or the sender had errors.
    ///
    /// - Parameters:
    ///   - directory: The destination directory.
    ///   - name: Its name in the transfer; `.` for the root.
    ///   - list: The list that has the directory's entries.
    ///   - directories: Forgets the descriptors of what is removed.
    ///   - requester: Gets the report of each removal.
    func clean(
        _ directory: VolumeDirectory,
        named name: [UInt8],
        list: FileList,
        directories: DirectoryCache,
        _ requester: any TransferRequester
    ) {
        guard mayDelete() else { return }
        let prefix = name == [UInt8(ascii: ".")] ? [] : name + [UInt8(ascii: "/")]
        do throws(VolumeError) {
            let listing = try directory.list()
            var extraneous: [(name: [UInt8], isDirectory: Bool)] = []
            for index in 0..<listing.count {
                let leaf = listing.nameBytes(index)
                let isDirectory = listing.kinds[index] == .directory
                // A name that is listed as another kind is replaced when its entry comes up.
                guard list.position(ofName: (prefix + leaf).span) == nil else { continue }
                if state.options.selection.filters.isExcluded(
                    (prefix + leaf).span,
                    isDirectory: isDirectory,
                    side: .receiver
                ) {
                    continue
                }
                extraneous.append((leaf, isDirectory))
            }
            extraneous.sort { left, right in
                if left.isDirectory != right.isDirectory { return right.isDirectory }
                return right.name.lexicographicallyPrecedes(left.name)
            }
            pending.destinationEntries += Int64(listing.count)
            guard !isWaiting else { return collect(extraneous.map(\.name), in: directory, named: name) }
            for (leaf, isDirectory) in extraneous {
                if isDirectory { directories.invalidate((prefix + leaf).span) }
                do throws(VolumeError) {
                    try remove(leaf, in: directory, named: prefix + leaf, requester)
                } catch {
                    report(error)
                }
            }
        } catch {
            report(error)
        }
    }

    /// Removes one name with everything below it.
    func remove(
        _ leaf: [UInt8],
        in directory: VolumeDirectory,
        named name: [UInt8],
        _ requester: any TransferRequester,
        isReplaced: Bool = false
    ) throws(VolumeError) {
        guard !state.options.dryRun else {
            var removed: [(path: [UInt8], kind: FileKind)] = []
            defer { for item in removed { note(item.path, item.kind, requester) } }
            return try survey(leaf, in: directory, named: name, isReplaced, &removed)
        }
        let below = directory.path(of: leaf.span).count
        let failures = try directory.removeTree(leaf.span) { _, _ in
            pause()
            return true
        } removed: { path, kind in
            if !isReplaced || path.count > below { note(name + path.dropFirst(below), kind, requester) }
        } keeping: { path, kind in
            path.count > below && isProtected(name + path.dropFirst(below), isDirectory: kind == .directory)
        }
        for failure in failures { report(failure) }
    }

    /// Removes a directory in whose place something else comes: its contents are deletions, it itself is an update
    /// (protocol specification, transfer 16.1).
    func makeWay(
        _ leaf: [UInt8],
        in directory: VolumeDirectory,
        named name: [UInt8],
        _ requester: any TransferRequester
    ) throws(VolumeError) {
        try remove(leaf, in: directory, named: name, requester, isReplaced: true)
    }

    /// Notes what a dry run would remove, contents first.
    private func survey(
        _ leaf: [UInt8],
        in directory: VolumeDirectory,
        named name: [UInt8],
        _ isReplaced: Bool,
        _ removed: inout [(path: [UInt8], kind: FileKind)]
    ) throws(VolumeError) {
        guard let status = try directory.status(of: leaf.span), !status.isMountRoot else { return }
        if status.isDirectory {
            let inner = try directory.openDirectory(leaf.span)
            let listing = try inner.list()
            for index in listing.sortedIndices().reversed() {
                stayAlive()
                let child = listing.nameBytes(index)
                let path = name + [UInt8(ascii: "/")] + child
                if isProtected(path, isDirectory: listing.kinds[index] == .directory) { continue }
                try survey(child, in: inner, named: path, false, &removed)
            }
        }
        if !isReplaced { removed.append((name, status.kind)) }
    }

    func isProtected(_ name: [UInt8], isDirectory: Bool) -> Bool {
        let filters = state.options.selection.filters
        return filters.isExcluded(name.span, isDirectory: isDirectory, side: .receiver, isInDeletedDirectory: true)
    }

    private func note(_ path: [UInt8], _ kind: FileKind, _ requester: any TransferRequester) {
        switch kind {
        case .directory: counts.directories += 1
        case .symbolicLink: counts.symbolicLinks += 1
        case .characterDevice, .blockDevice: counts.devices += 1
        case .fifo, .socket: counts.specials += 1
        case .regular, .unknown: counts.files += 1
        }
        state.countInPlace { $0.deleted += 1 }
        requester.reportDeletion(path, isDirectory: kind == .directory)
    }

    /// Whether the sender's list can be trusted to be complete (protocol specification, session 8.4).
    func mayDelete() -> Bool {
        guard state.errorBits.contains(.general), !state.options.deletion.ignoreErrors else { return true }
        if !hasWarned { state.report("IO error encountered -- skipping file deletion", .warning) }
        hasWarned = true
        return false
    }

    func report(_ error: VolumeError) {
        if case .mountPoint(let path) = error {
            return state.report("cannot delete mount point: \(printable(path))", .errorTransfer)
        }
        let text = state.describe("delete_item: unlink", error.path, number: error.number ?? EIO, role: "generator")
        state.report(text, .errorTransfer)
    }
}
