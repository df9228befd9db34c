import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Deletes what the sender does not have (protocol specification, transfer 16).
///
/// Where the options guard deletions, names to delete are collected, and deleted once their number is known
/// (``Deleter/settle()``).
///
/// Runs on the generator's thread.
final class Deleter {
    let context: GeneratorContext
    private var hasWarned = false
    /// What was deleted, for NDX_DEL_STATS.
    private(set) var counts = DeletionStatistics()
    /// Whether the sender has listed nothing except an empty directory.
    var isSourceEmpty = false
    /// Whether ``settle()`` has refused to delete.
    var hasRefused = false
    /// Deletions that wait for ``settle()`` or ``deleteLate()``, and what is known about the destination.
    var pending = PendingDeletions()
    /// How many entries were left because of `--max-delete`.
    private var skipped = 0

    /// The entry that is removed next, and its permissions, if they are wanted.
    private var leaving: (path: [UInt8], permissions: UInt32)?
    private let backups: Backups?

    var state: SessionState { context.state }
    var rules: DeletionRules { context.rules.deletion }
    private let filters: DirectoryFilters
    private let hidden: ModuleFilters?

    init(_ context: GeneratorContext) {
        self.context = context
        backups = context.backups()
        let destination = context.destination
        hidden = ModuleFilters(context.state.options, in: destination.filterRoot.path)
        filters = DirectoryFilters(
            state: context.state,
            side: .receiver,
            volume: destination.volume,
            adding: context.state.options.receiverRules
        ) {
            destination.filterRoot
        }
    }

    /// Whether deletions have to wait.
    private var isWaiting: Bool {
        rules.time == .delayed || rules.time == .after || rules.isGuarded && (rules.limit != nil || isSourceEmpty)
    }

    /// Whether as many entries as allowed were deleted (`--max-delete`).
    private var isAtLimit: Bool { rules.most.map { counts.total >= $0 } ?? false }

    /// The prefix of the names in a directory of the transfer; empty for the root, `.`.
    static func prefix(below name: [UInt8]) -> [UInt8] {
        name == [UInt8(ascii: ".")] ? [] : name + [PathParts.separator]
    }

    /// Sends a keep-alive between two removals: each may take long.
    func pause() { context.stayAlive() }

    /// Deletes every name of a directory that is not in its list, unless a filter protects it or the sender had errors.
    ///
    /// - Parameters:
    ///   - directory: The destination directory.
    ///   - name: Its name in the transfer; `.` for the root.
    ///   - list: The list that has the directory's entries.
    func clean(_ directory: VolumeDirectory, named name: [UInt8], list: FileList) {
        guard mayDelete() else { return }
        let prefix = Self.prefix(below: name)
        do throws(VolumeError) {
            let listing = try directory.list()
            var extraneous: [(name: [UInt8], isDirectory: Bool)] = []
            for index in 0..<listing.count {
                let leaf = listing.nameBytes(index)
                let isDirectory = listing.kinds[index] == .directory
                // A name that is listed as another type is replaced when its entry is processed.
                guard list.position(ofName: (prefix + leaf).span) == nil else {
                    // rsync asks its rules about these, too.
                    if filters.mentionsDecisions {
                        _ = isProtected(prefix + leaf, isDirectory: isDirectory, isInDeletedDirectory: false)
                    }
                    continue
                }
                guard !isProtected(prefix + leaf, isDirectory: isDirectory, isInDeletedDirectory: false) else {
                    continue
                }
                extraneous.append((leaf, isDirectory))
            }
            extraneous.sort { left, right in
                // The reverse of the list's order.
                if left.isDirectory != right.isDirectory, !list.sortsByBytes { return left.isDirectory }
                return right.name.lexicographicallyPrecedes(left.name)
            }
            pending.destinationEntries += Int64(listing.count)
            guard !isWaiting else { return collect(extraneous.map(\.name), in: directory, named: name) }
            for (leaf, isDirectory) in extraneous {
                if isDirectory { context.directories.invalidate((prefix + leaf).span) }
                do throws(VolumeError) {
                    try remove(leaf, in: directory, named: prefix + leaf)
                } catch {
                    report(error)
                }
            }
        } catch {
            report(error)
        }
    }

    /// Removes a name with everything below it.
    ///
    /// What stays is reported as rsync does: a directory below the name twice, once for its contents and once for itself
    /// (protocol specification, transfer 16.1).
    ///
    /// - Parameters:
    ///   - leaf: The name in its directory.
    ///   - directory: Its directory.
    ///   - name: Its name in the transfer.
    ///   - isReplaced: Whether the name itself counts as updated, not as deleted.
    ///   - keepsContents: Whether a directory is only removed if it is empty.
    /// - Returns: Whether the name is gone.
    /// - Throws: ``VolumeError`` when it cannot be examined.
    @discardableResult
    func remove(
        _ leaf: [UInt8],
        in directory: VolumeDirectory,
        named name: [UInt8],
        isReplaced: Bool = false,
        keepsContents: Bool = false
    ) throws(VolumeError) -> Bool {
        let below = directory.path(of: leaf.span).count
        let keeping = backups.map { KeptEntries($0, of: leaf, in: directory, state) }
        let backup = keeping.map { kept in { kept.keep($0, $1) } }
        var isGone = false
        func full(_ path: [UInt8]) -> [UInt8] { name + path.dropFirst(below) }
        let failures = try state.execution.removeTree(leaf, in: directory, backup: backup) { path, _ in
            pause()
            guard isAtLimit, !isReplaced || path.count > below else {
                notePermissions(of: path)
                return true
            }
            skipped += 1
            return false
        } removed: { path, kind in
            if path.count == below { isGone = true }
            let permissions = leaving?.path == path ? leaving?.permissions : nil
            if !isReplaced || path.count > below { note(full(path), kind, permissions) }
        } remaining: { path in
            let text = "cannot delete non-empty directory: \(PrintableText.path(full(path)))"
            if keeping?.reported.contains(path) != true { state.report(text, .info) }
            guard path.count > below else { return }
            if isAtLimit {
                skipped += 1
            } else if state.execution.changesDestination {
                state.report(text, .info)
            } else {
                // rsync does not try to remove it, so it counts as removed.
                note(full(path), .directory)
            }
        } keeping: { path, kind in
            path.count > below && (keepsContents || isProtected(full(path), isDirectory: kind == .directory))
        }
        for failure in failures {
            // The backups of what was in it may be in it.
            guard backups != nil, failure.operation == "rmdir", failure.number == ENOTEMPTY else {
                report(failure)
                continue
            }
            state.report("cannot delete non-empty directory: \(PrintableText.path(failure.path))", .info)
        }
        return isGone
    }

    /// Removes a directory that another entry replaces: its contents count as deletions, the directory itself as an
    /// update (protocol specification, transfer 16.1).
    ///
    /// - Returns: Whether it is gone; if not, that was reported.
    /// - Throws: ``VolumeError`` when it cannot be examined.
    func makeWay(for candidate: Candidate, in directory: VolumeDirectory) throws(VolumeError) -> Bool {
        let (leaf, name) = (Array(candidate.leaf), Array(candidate.name))
        let isEmptied = rules.replacesDirectories
        if isEmptied, state.execution.changesDestination {
            guard mayMakeWay(for: leaf, in: directory, named: name) else { return false }
        }
        context.directories.invalidate(name.span)
        guard try !remove(leaf, in: directory, named: name, isReplaced: true, keepsContents: !isEmptied) else {
            return true
        }
        let shown = PrintableText.path(name)
        state.report("could not make way for new \(candidate.entry.kindName): \(shown)", .errorTransfer)
        return false
    }

    /// Deletes the destination of a source that does not exist (`--delete-missing-args`).
    ///
    /// - Throws: ``VolumeError`` when it cannot be examined.
    func removeMissing(_ leaf: [UInt8], in directory: VolumeDirectory, named name: [UInt8]) throws(VolumeError) {
        guard try directory.status(of: leaf.span) != nil else { return }
        context.directories.invalidate(name.span)
        try remove(leaf, in: directory, named: name, keepsContents: !rules.replacesDirectories)
    }

    /// Says that `--max-delete` stopped deletions, if it did; the session then ends with exit code 25.
    func reportLimit() {
        guard skipped > 0 else { return }
        state.add(.deleteLimit)
        state.report("Deletions stopped due to --max-delete limit (\(skipped) skipped)", .warning)
        skipped = 0
    }

    func isProtected(_ name: [UInt8], isDirectory: Bool, isInDeletedDirectory: Bool = true) -> Bool {
        if let hidden, hidden.hides(name, isDirectory: isDirectory) { return true }
        guard !filters.isEmpty else { return false }
        let parts = PathParts(name)
        return filters.isExcluded(
            parts.leaf.span,
            below: parts.parent,
            isDirectory: isDirectory,
            isInDeletedDirectory: isInDeletedDirectory
        ) { [context] (name) throws(VolumeError) in try context.directories.directory(name.span) }
    }

    /// Looks up the permissions of an entry that is about to be removed, if they are wanted.
    private func notePermissions(of path: [UInt8]) {
        guard state.observer.wantsDeletedPermissions else { return }
        let (parts, destination) = (PathParts(path), context.destination)
        do throws(VolumeError) {
            let directory = try destination.volume.directory(parts.parent.span, following: destination.following)
            leaving = try directory.status(of: parts.leaf.span).map { (path, $0.permissions) }
        } catch {
            // Then it cannot be removed either, which is reported.
            leaving = nil
        }
    }

    private func note(_ path: [UInt8], _ kind: FileKind, _ permissions: UInt32? = nil) {
        switch kind {
        case .directory: counts.directories += 1
        case .symbolicLink: counts.symbolicLinks += 1
        case .characterDevice, .blockDevice: counts.devices += 1
        case .fifo, .socket: counts.specials += 1
        case .regular, .unknown: counts.files += 1
        }
        state.countInPlace { $0.deleted += 1 }
        context.requester.reportDeletion(path, isDirectory: kind == .directory, permissions: permissions)
    }

    /// Whether the sender's list can be trusted to be complete (protocol specification, session 8.4).
    func mayDelete() -> Bool {
        guard state.errorBits.contains(.general), !rules.ignoresErrors else { return true }
        if !hasWarned { state.report("IO error encountered -- skipping file deletion", .info) }
        hasWarned = true
        return false
    }

    func report(_ error: VolumeError) {
        if case .mountPoint(let path) = error {
            return state.report("cannot delete mount point: \(PrintableText.path(path))", .errorTransfer)
        }
        let call = error.operation == "rmdir" ? "rmdir" : "unlink"
        let number = error.number ?? EIO
        let shown = PrintableText.path(error.path)
        let what = "delete_file: \(call)(\(shown)) failed: \(SystemError.text(of: number)) (\(number))"
        state.report("rsync: [generator] \(what)", .errorTransfer)
    }
}

extension FileEntry {
    /// rsync's name for the type of entry, in its messages.
    fileprivate var kindName: String {
        switch type {
        case UInt32(S_IFREG): "regular file"
        case UInt32(S_IFLNK): "symlink"
        case UInt32(S_IFDIR): "directory"
        default: isDevice ? "device file" : "special file"
        }
    }
}
