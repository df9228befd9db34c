import Checksums
import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import Synchronization
import VolumeAccess

/// Compares file lists with the destination: the generator role (protocol specification, transfer 11).
///
/// Each entry becomes a ``Candidate`` with the existing entry at its name, ``decide(_:by:)`` decides what happens to
/// it, an ``Executor`` carries that out, and the ``TransferRequester`` is notified.
///
/// ## Concurrency model
/// Runs on one thread, the generator's. The contents of regular files that it requested are written by others.
final class Generator {
    let context: GeneratorContext
    // Stored here, too, so that they are not copied for each entry.
    let rules: DecisionRules
    let destination: Destination
    let deleter: Deleter
    let executor: any Executor
    var links = HardLinkTable()
    private var sums = WholeFileReader()
    let sideFiles: SideFiles
    let fuzzyNames = FuzzyNames()
    let fileRecipe: ChecksumRecipe
    /// Directories of the current list in which no entries can be created.
    var failedDirectories: Set<[UInt8]> = []
    /// Directories that this run created, or would have created: they contain nothing that has to be looked up.
    var createdDirectories: Set<[UInt8]> = []
    /// Whether files may still be requested.
    var acceptsRequests = true
    /// The complete list, if names are to be deleted by it after the transfer.
    private(set) var lastList: FileList?
    /// The directory whose default ACL was read last, and what it allows.
    var inheritance: (directory: VolumeDirectory, permissions: UInt32?)?
    /// Extended attributes whose values were requested, by index.
    var awaitedAttributes: [Int32: AwaitedAttributes] = [:]
    /// Files that were requested and are not finished, by list.
    private var tracker = ListTracker()
    /// The names that a daemon's module hides; nil where it hides none.
    let hidden: ModuleFilters?
    /// Entries in place of which the sender has not been told, because they may not be on the device yet.
    private var unconfirmed: [Unconfirmed] = []

    private struct Unconfirmed {
        let index: Int32
        let list: FileList
    }

    /// Whether the device has to be flushed before the sender is told of entries in place.
    var hasUnconfirmed: Bool { !unconfirmed.isEmpty }

    /// Files that get their names at the end.
    private var held = HeldUpdates()

    var state: SessionState { context.state }
    /// Files in progress, without those that wait for the end of the transfer, or for another name of theirs.
    var openCount: Int { tracker.open - held.count - links.waitingCount }
    /// The number of lists that have not been ended.
    var listCount: Int { tracker.count }

    /// Prepares for a destination; `interpose` may wrap the executor of the decisions.
    init(_ context: GeneratorContext, interpose: (any Executor) -> any Executor = { $0 }) {
        self.context = context
        (rules, destination) = (context.rules, context.destination)
        fileRecipe = context.state.parameters.fileRecipe
        hidden = ModuleFilters(context.state.options, in: destination.filterRoot.path)
        deleter = Deleter(context)
        sideFiles = SideFiles(destination.places)
        executor = interpose(context.state.execution.executor(context, deleter))
        guard destination.wasCreated else { return }
        createdDirectories = [[], [UInt8(ascii: ".")]]
        state.countInPlace { $0.createdDirectories += 1 }
    }

    // MARK: lists

    /// A list has arrived, which is processed after those that arrived before.
    func arrived(_ list: FileList) {
        if !rules.listsOnly { links.add(list) }
    }

    /// Takes the list to process next; nil if others have to arrive first.
    func next(of lists: inout PendingLists) -> (list: FileList, owner: ListOwner?)? {
        lists.next(inWork: tracker.listedCount, keepsHardLinks: rules.keepsHardLinks)
    }

    /// Processes a list, whose files may still be in transit when this returns.
    ///
    /// - Parameters:
    ///   - list: Sorted, with IDs mapped.
    ///   - owner: The directory that the list belongs to with incremental recursion.
    ///   - pause: Called periodically within a long list, so that the owner of the output can handle events.
    func process(_ list: FileList, owner: ListOwner?, pause: () -> Void) {
        var owner = owner
        if let name = owner?.name { owner?.name = destination.path(ofDirectory: name) }
        tracker.begin(list, owner: owner)
        guard !rules.listsOnly else { return show(list, pause: pause) }
        if rules.deletion.isWanted, owner == nil {
            if rules.deletion.time == .before { deleteFirst(list, pause: pause) }
            if rules.deletion.time == .after { lastList = list }
        }
        if let owner, !isBelowFailure(owner.name) {
            processDirectory(owner.entry, named: owner.name, index: list.start - 1, in: list, owner.attributes)
        }
        let order = rules.takesSmallestFirst && owner == nil ? list.smallestFirst() : nil
        var parent = ParentDirectory()
        for turn in 0..<list.count {
            let position = order?[turn] ?? turn
            let entry = list.entry(sorted: position)
            guard !entry.flags.contains(.blank) else { continue }
            if turn & 127 == 127 { pause() } else { context.stayAlive() }
            guard !state.hasFailed else { return }
            process(entry, index: list.start + Int32(position), in: list, &parent)
            if entry.flags.contains(.hardLinked) { passLink(list.start + Int32(position), entry, in: list) }
        }
        links.endList()
        tracker.end(list)
        state.progress.entriesDone.add(Int64(list.count), ordering: .relaxed)
    }

    /// Lists the entries instead of comparing them (`--list-only`).
    private func show(_ list: FileList, pause: () -> Void) {
        for position in 0..<list.count {
            let entry = list.entry(sorted: position)
            guard !entry.flags.contains(.blank), !passesOver(entry) else { continue }
            if position & 127 == 127 { pause() }
            var item = ItemReport(Item(flags: []), entry, in: list, of: state, isSending: false, transferred: 0)
            if !rules.makesLinks { item.target = [] }
            if rules.keepsAccessTimes, !entry.isDirectory { item.accessed = list.attributes(of: entry).accessed }
            if state.isServer {
                let line = ListingLine.line(
                    item,
                    size: ListingLine.size(item.size),
                    showsAccess: rules.keepsAccessTimes
                )
                state.inform("", line)
            } else {
                state.observer.didList(item)
            }
        }
        tracker.end(list)
    }

    /// The directory of the last entry, so that it is opened once for consecutive siblings.
    struct ParentDirectory {
        var name: [UInt8]?
        /// Nil when a dry run would have created it.
        var directory: VolumeDirectory?
        /// Whether this run created the directory.
        var isNew = false
        /// Whether entries can be created in it.
        var isUsable = false
    }

    private func process(_ entry: FileEntry, index: Int32, in list: FileList, _ parent: inout ParentDirectory) {
        if let hidden, refuses(entry, index: index, in: list, hidden) { return }
        if entry.isMissing { return remove(entry, in: list) }
        let name = list.parent(of: entry)
        if parent.name.map({ $0[...] != name }) ?? true { open(Array(name), &parent) }
        if entry.isDirectory {
            let whole = destination.path(ofDirectory: Array(list.name(of: entry)))
            // A directory "." of the first list was processed as its owner.
            if !state.parameters.isIncremental {
                processDirectory(entry, named: whole, index: index, in: list)
            } else if whole != [UInt8(ascii: ".")] {
                prepareDirectory(entry, named: whole, index: index, in: list, parent)
            }
            return
        }
        guard parent.isUsable else {
            links.abandon(index: index)
            return
        }
        do throws(VolumeError) {
            let leaf = destination.leaf(of: entry, in: list)
            let current = try parent.isNew ? nil : parent.directory?.status(of: leaf.span)
            var candidate = try candidate(entry, index: index, in: list, leaf, parent.directory, current)
            try examine(&candidate)
            process(candidate)
        } catch {
            context.report(error, "recv_generator")
            links.abandon(index: index)
        }
    }

    /// What is said once of a directory that cannot be entered.
    static let skipsContents = "*** Skipping any contents from this failed directory ***"

    /// Refuses an entry whose name the daemon's module hides; what is below a refused directory is left out.
    private func refuses(_ entry: FileEntry, index: Int32, in list: FileList, _ hidden: ModuleFilters) -> Bool {
        let name = destination.path(of: entry, in: list)
        guard hidden.hides(name, isDirectory: entry.isDirectory) else { return false }
        if !isBelowFailure(Array(list.parent(of: entry))) {
            let kind = entry.isDirectory ? "directory" : "file"
            state.report("ERROR: daemon refused to receive \(kind) \"\(PrintableText.path(name))\"", .errorTransfer)
            if entry.isDirectory { state.report(Self.skipsContents, .errorTransfer) }
        }
        if entry.isDirectory { failedDirectories.insert(name) }
        links.abandon(index: index)
        return true
    }

    /// Deletes what a missing source would have replaced; there is nothing if its directory is missing, too, or is none.
    private func remove(_ entry: FileEntry, in list: FileList) {
        let parent = Array(list.parent(of: entry))
        guard !isBelowFailure(parent) else { return }
        do throws(VolumeError) {
            let directory = try context.directories.directory(parent.span)
            let leaf = destination.leaf(of: entry, in: list)
            try deleter.removeMissing(Array(leaf), in: directory, named: Array(list.name(of: entry)))
        } catch {
            if !error.isMissing, error.number != ENOTDIR { context.report(error, "recv_generator") }
        }
    }

    private func open(_ name: [UInt8], _ parent: inout ParentDirectory) {
        parent = ParentDirectory(name: name, isNew: createdDirectories.contains(name))
        guard !isBelowFailure(name) else { return }
        do throws(VolumeError) {
            parent.directory = try executor.open(name, isNew: parent.isNew)
            parent.isUsable = true
        } catch {
            context.report(error, "opendir")
        }
    }

    /// Whether a directory is below one that could not be created.
    func isBelowFailure(_ name: [UInt8]) -> Bool {
        guard !failedDirectories.isEmpty else { return false }
        if failedDirectories.contains(name) { return true }
        var path = PathParts(name)
        while path.hasParent {
            if failedDirectories.contains(path.parent) { return true }
            path = PathParts(path.parent)
        }
        return false
    }

    // MARK: answers

    /// A requested file is in place.
    func finished(_ plan: TransferPlan) {
        finished(plan.index, plan.entry, in: plan.list, isNew: plan.makesNewFile)
    }

    private func finished(_ index: Int32, _ entry: FileEntry, in list: FileList, isNew: Bool) {
        confirm(index, entry, in: list)
        if entry.flags.contains(.hardLinked) {
            finishLinks(of: list.name(of: entry), entry, in: list, isNew: isNew)
        }
        tracker.finish(index)
    }

    /// A requested file is complete, and gets its name at the end.
    func hold(_ plan: TransferPlan) { held.add(plan) }

    /// Gives the files that are held their names; nothing is requested any more.
    func placeHeld() {
        guard held.count > 0, let list = tracker.newest else { return }
        held.place(context, list) { index, isInPlace in
            guard isInPlace else { return abandoned(index) }
            finished(index, list.entry(sorted: Int(index - list.start)), in: list, isNew: true)
        }
    }

    /// Tells the sender that an entry is in place, if it deletes what is (`--remove-source-files`); with `--fsync` after it is on
    /// the device.
    func confirm(_ index: Int32, _ entry: FileEntry, in list: FileList) {
        guard rules.confirms, !entry.isDirectory else { return }
        guard context.synchronizer == nil else { return unconfirmed.append(Unconfirmed(index: index, list: list)) }
        context.requester.confirm(index, entry, in: list)
    }

    /// Tells the sender of the entries in place, all of which are on the device now.
    func confirmFlushed() {
        for entry in unconfirmed {
            context.requester.confirm(
                entry.index,
                entry.list.entry(sorted: Int(entry.index - entry.list.start)),
                in: entry.list
            )
        }
        unconfirmed = []
    }

    /// A requested file will not arrive.
    func abandoned(_ index: Int32) {
        abandonLinks(of: index)
        tracker.finish(index)
    }

    /// A file arrived with a wrong checksum: it is requested once more, then it is an error (protocol specification,
    /// transfer 11.11).
    func mismatched(_ plan: TransferPlan) {
        let text = "\(PrintableText.path(plan.list.name(of: plan.entry))) failed verification"
        let outcome = plan.isInPlace ? "update retained" : "update discarded"
        guard plan.attempt == 0 else {
            state.report("ERROR: \(text) -- \(outcome).", .errorTransfer)
            return abandoned(plan.index)
        }
        state.report("WARNING: \(text) -- \(outcome) (will try again).", .warning)
        do throws(VolumeError) {
            var candidate = try candidate(plan.entry, index: plan.index, in: plan.list)
            candidate.attempt = 1
            try readMetadata(of: &candidate)
            countNames(of: &candidate)
            requestAgain(candidate, plan)
        } catch {
            context.report(error, "recv_generator")
            abandoned(plan.index)
        }
    }

    private func requestAgain(_ candidate: Candidate, _ plan: TransferPlan) {
        switch executor.carryOut(rules.decideAgain(candidate, reported: plan.flags), candidate) {
        case .done, .copied, .inProgress: break
        case .failed: abandoned(plan.index)
        case .unreadable(let file):
            guard let candidate = asNew(candidate, without: file) else { return abandoned(plan.index) }
            requestAgain(candidate, plan)
        }
    }

    /// Processes an entry again whose group lost the member that it was waiting for.
    func again(_ member: HardLinkTable.Waiting) {
        var parent = ParentDirectory()
        process(member.entry, index: member.index, in: member.list, &parent)
    }

    /// A waiting link is in place.
    func tracker(finished index: Int32) { tracker.finish(index) }

    /// Records that a file or a link of a list is in progress.
    func track(_ index: Int32) { tracker.start(index) }

    /// Ends a list whose entries are all in place: sets directory times and permissions once more that later work has
    /// changed (protocol specification, transfer 11.5).
    func complete(_ tracked: ListTracker.Entry) {
        if let owner = tracked.owner {
            if finish(directory: owner.entry, named: owner.name) { createdDirectories.remove(owner.name) }
        } else if !state.parameters.isIncremental {
            for position in (0..<tracked.list.count).reversed() {
                let entry = tracked.list.entry(sorted: position)
                guard entry.isDirectory, !entry.flags.contains(.blank) else { continue }
                context.stayAlive()
                _ = finish(
                    directory: entry,
                    named: destination.path(ofDirectory: Array(tracked.list.name(of: entry)))
                )
            }
        }
    }

    /// The complete lists, oldest first, as far as the protocol allows them to be ended now.
    func takeCompleted(isLast: Bool) -> [ListTracker.Entry] { tracker.takeCompleted(isLast: isLast) }

    /// The digest of a destination file for `-c`.
    func digest(of leaf: Span<UInt8>, in directory: VolumeDirectory) -> [UInt8] {
        sums.digest(of: leaf, in: directory, fileRecipe, betweenPieces: context.stayAlive)
    }
}
