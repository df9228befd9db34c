import LinuxSystem
import RsyncWire
import VolumeAccess

/// Names to delete once their number is known, by directory.
///
/// What is below a name is counted but not stored, so memory depends only on the names that the sender's directories
/// lack, and is bounded.
struct PendingDeletions {
    /// The most bytes of names that are stored: some 1.5 million names.
    static let limit = 32 << 20
    /// The least number of the destination's entries for the share of deletions to be limited.
    static let leastEntries: Int64 = 100

    /// For each directory its name and the names in it, each terminated by a NUL, then one more NUL.
    private var names: [UInt8] = []
    /// Entries to delete, including those below a name.
    private(set) var entries: Int64 = 0
    /// Entries that were already removed because others replace them.
    var removedForOthers: Int64 = 0
    /// Entries that the destination had, as far as it was examined.
    var destinationEntries: Int64 = 0
    /// All of the destination's entries, if they were counted.
    var scannedEntries: Int64?
    /// Whether there were more names than can be stored.
    private(set) var isOverfull = false

    /// Whether the names of a directory can be stored in addition.
    func hasSpace(for leaves: [[UInt8]], of directory: [UInt8]) -> Bool {
        names.count + Self.size(leaves, directory) <= Self.limit
    }

    private static func size(_ leaves: [[UInt8]], _ directory: [UInt8]) -> Int {
        leaves.reduce(directory.count + 2) { $0 + $1.count + 1 }
    }

    mutating func add(_ leaves: [[UInt8]], of directory: [UInt8], entries count: Int64) {
        entries += count
        guard !isOverfull, hasSpace(for: leaves, of: directory) else {
            isOverfull = true
            return names = []
        }
        names += directory + [0]
        for leaf in leaves { names += leaf + [0] }
        names.append(0)
    }

    /// Passes each directory with its names, in the order they were added, and removes them all.
    mutating func takeAll(_ body: (_ directory: [UInt8], _ leaves: [[UInt8]]) -> Void) {
        var rest = names[...]
        names = []
        func next(_ rest: inout ArraySlice<UInt8>) -> [UInt8] {
            let end = rest.firstIndex(of: 0) ?? rest.endIndex
            defer { rest = rest[min(end + 1, rest.endIndex)...] }
            return Array(rest[..<end])
        }
        while !rest.isEmpty {
            let directory = next(&rest)
            var leaves: [[UInt8]] = []
            while let first = rest.first, first != 0 { leaves.append(next(&rest)) }
            rest = rest.dropFirst()
            body(directory, leaves)
        }
    }
}

extension Deleter {
    /// Collects names to delete later.
    func collect(_ leaves: [[UInt8]], in directory: VolumeDirectory, named name: [UInt8]) {
        guard rules.isGuarded else {
            guard !leaves.isEmpty else { return }
            // No count is needed first, so they are deleted early rather than forgotten.
            if !pending.hasSpace(for: leaves, of: name) { deletePending() }
            return pending.add(leaves, of: name, entries: Int64(leaves.count))
        }
        var count: Int64 = 0
        for leaf in leaves { count += entries(of: leaf, in: directory, named: name) }
        // The top-level ones were counted with their directory.
        pending.destinationEntries += count - Int64(leaves.count)
        guard !leaves.isEmpty else { return }
        pending.add(leaves, of: name, entries: count)
    }

    private func entries(of leaf: [UInt8], in directory: VolumeDirectory, named name: [UInt8]) -> Int64 {
        let prefix = Self.prefix(below: name)
        let start = directory.relativePath.isEmpty ? 0 : directory.relativePath.count + 1
        return directory.countTree(leaf.span, pause: pause) { path, kind in
            isProtected(prefix + path.dropFirst(start), isDirectory: kind == .directory)
        }
    }

    /// Whether a directory may be removed now because another entry replaces it.
    ///
    /// It cannot wait: the share is judged by what is known so far or, where that does not suffice, by a count of all
    /// the destination's entries.
    func mayMakeWay(for leaf: [UInt8], in directory: VolumeDirectory, named name: [UInt8]) -> Bool {
        guard let limit = rules.limit, rules.isGuarded else { return true }
        let path = PathParts(name)
        let parent = path.hasParent ? path.parent : [UInt8(ascii: ".")]
        // The directory itself is replaced, which is not a deletion.
        let count = max(0, entries(of: leaf, in: directory, named: parent) - 1)
        let all = pending.entries + pending.removedForOthers + count
        if all > Int64(limit) * PendingDeletions.leastEntries / 100 {
            let has = pending.scannedEntries ?? entriesNow()
            pending.scannedEntries = has
            guard has < PendingDeletions.leastEntries || !isTooMany(all, of: has, limit) else {
                let text = "cannot make way for \(PrintableText.path(name)): too much would be deleted"
                state.report(text, .errorTransfer)
                refuse(.tooMany, all, of: has, "")
                return false
            }
        }
        pending.removedForOthers += count
        return true
    }

    /// All the destination's entries except those that this run created.
    private func entriesNow() -> Int64 {
        var count: Int64 = 0
        let root = context.destination.volume.root
        if let listing = try? root.list() {
            for index in 0..<listing.count { count += root.countTree(listing.name(index), pause: pause) }
        }
        var created: Int64 = 0
        state.countInPlace { created = $0.created }
        return max(0, count - created)
    }

    private func isTooMany(_ count: Int64, of entries: Int64, _ limit: Int) -> Bool {
        count * 100 > entries * Int64(limit)
    }

    /// Deletes what was collected, or refuses to; called when the sender's lists are complete.
    ///
    /// - Returns: False if it was refused.
    func settle() -> Bool {
        guard rules.isGuarded else { return true }
        guard !hasRefused else { return false }
        guard pending.entries > 0, mayDelete() else { return true }
        defer { pending = PendingDeletions() }
        let (count, has) = (pending.entries + pending.removedForOthers, pending.destinationEntries)
        if rules.refusesEmptySource, isSourceEmpty {
            return refuse(.emptySource, count, of: has, "the source has no entries")
        }
        if let limit = rules.limit, has >= PendingDeletions.leastEntries, isTooMany(count, of: has, limit) {
            return refuse(.tooMany, count, of: has, "the limit of \(limit) % would be exceeded")
        }
        guard !pending.isOverfull else {
            return refuse(.tooMany, count, of: has, "too many names to keep in memory until they are counted")
        }
        deletePending()
        return true
    }

    /// Deletes what was found, after the transfer (`--delete-delay`, `--delete-after`).
    func deleteLate() {
        guard !rules.isGuarded, pending.entries > 0, mayDelete() else { return }
        deletePending()
    }

    private func deletePending() {
        pending.takeAll { name, leaves in remove(leaves, of: name) }
    }

    private func remove(_ leaves: [[UInt8]], of name: [UInt8]) {
        let prefix = Self.prefix(below: name)
        do throws(VolumeError) {
            let directory = try context.directories.directory(name.span)
            let before = try directory.status()
            for leaf in leaves {
                pause()
                context.directories.invalidate((prefix + leaf).span)
                do throws(VolumeError) {
                    try remove(leaf, in: directory, named: prefix + leaf)
                } catch {
                    // An entry that has vanished in the meantime is fine.
                    if !error.isMissing { report(error) }
                }
            }
            guard state.execution.changesDestination, context.rules.keepsDirectoryTime else { return }
            // Its contents were in place before, and its time was final.
            for failure in try directory.setAttributes(
                FileAttributes(modified: before.modified),
                current: try directory.status()
            ) {
                report(failure)
            }
        } catch {
            if !error.isMissing { report(error) }
        }
    }

    /// Records why nothing is deleted; the session ends with exit code 25.
    @discardableResult
    private func refuse(_ refusal: TransferTally.Refusal, _ count: Int64, of entries: Int64, _ reason: String) -> Bool {
        state.countInPlace { tally in
            tally.refusal = refusal
            tally.refusedDeletions = count
            tally.destinationEntries = entries
        }
        state.add(.deleteLimit)
        if state.isServer { state.post(.ioError, [UInt8(SessionState.ErrorBits.deleteLimit.rawValue), 0, 0, 0]) }
        hasRefused = !reason.isEmpty
        if hasRefused {
            state.report("nothing was deleted: \(reason): \(count) of \(entries) entries were to be deleted", .error)
        }
        return false
    }
}
