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
    /// Deletions that wait for ``settle()``, and what is known about the destination.
    var pending = PendingDeletions()

    var state: SessionState { context.state }
    var rules: DeletionRules { context.rules.deletion }
    private let filters: DirectoryFilters
    private let hidden: ModuleFilters?

    init(_ context: GeneratorContext) {
        self.context = context
        let destination = context.destination
        hidden = ModuleFilters(context.state.options, in: destination.filterRoot.path)
        filters = DirectoryFilters(state: context.state, side: .receiver, volume: destination.volume) {
            destination.filterRoot
        }
    }

    /// Whether deletions have to wait.
    private var isWaiting: Bool { rules.isGuarded && (rules.limit != nil || isSourceEmpty) }

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
                guard list.position(ofName: (prefix + leaf).span) == nil else { continue }
                guard !isProtected(prefix + leaf, isDirectory: isDirectory, isInDeletedDirectory: false) else {
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

    /// Removes a name with everything below it; `isReplaced`: the name itself counts as updated, not as deleted.
    func remove(
        _ leaf: [UInt8],
        in directory: VolumeDirectory,
        named name: [UInt8],
        isReplaced: Bool = false
    ) throws(VolumeError) {
        let below = directory.path(of: leaf.span).count
        let failures = try state.execution.removeTree(leaf, in: directory, pause: pause) { path, kind in
            if !isReplaced || path.count > below { note(name + path.dropFirst(below), kind) }
        } remaining: { path in
            state.report("cannot delete non-empty directory: \(printable(name + path.dropFirst(below)))", .info)
        } keeping: { path, kind in
            path.count > below && isProtected(name + path.dropFirst(below), isDirectory: kind == .directory)
        }
        for failure in failures { report(failure) }
    }

    /// Removes a directory that another entry replaces: its contents count as deletions, the directory itself as an
    /// update (protocol specification, transfer 16.1).
    func makeWay(_ leaf: [UInt8], in directory: VolumeDirectory, named name: [UInt8]) throws(VolumeError) {
        try remove(leaf, in: directory, named: name, isReplaced: true)
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

    private func note(_ path: [UInt8], _ kind: FileKind) {
        switch kind {
        case .directory: counts.directories += 1
        case .symbolicLink: counts.symbolicLinks += 1
        case .characterDevice, .blockDevice: counts.devices += 1
        case .fifo, .socket: counts.specials += 1
        case .regular, .unknown: counts.files += 1
        }
        state.countInPlace { $0.deleted += 1 }
        context.requester.reportDeletion(path, isDirectory: kind == .directory)
    }

    /// Whether the sender's list can be trusted to be complete (protocol specification, session 8.4).
    func mayDelete() -> Bool {
        guard state.errorBits.contains(.general), !rules.ignoresErrors else { return true }
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
