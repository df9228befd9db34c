import Synchronization
import Checksums
import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Compares file lists with the destination and decides what has to happen: the generator of rsync's model (protocol
/// specification, transfer 11).
///
/// ## Concurrency model
/// Runs on one thread, the generator's. It changes directories, links, nodes and attributes of what is there; content
/// of regular files is written by others after it asked for it.
final class Generator {
    let state: SessionState
    let requester: any TransferRequester
    let destination: Destination
    let rules: AttributeRules
    let directories: DirectoryCache
    let deleter: Deleter
    /// Brings the destination to its device at the end; nil where nobody asked for that.
    let synchronizer: Synchronizer?
    var links = HardLinkTable()
    private var sums = WholeFileReader()
    let fileRecipe: ChecksumRecipe
    /// Directories of the list in work that nothing can be put into.
    var failedDirectories: Set<[UInt8]> = []
    /// Directories that this run made: nothing in them has to be looked for.
    var createdDirectories: Set<[UInt8]> = []
    /// Files asked for and not finished, by list.
    private var tracker = ListTracker()
    /// Called now and then inside a long list, so that the owner of the output can look after other things.
    var pause: () -> Void = {}
    /// Called now and then while one entry takes long; nothing of the generator changes in it.
    var stayAlive: () -> Void = {}

    /// Files and links under way.
    var openCount: Int { tracker.open }
    /// Lists that are not ended.
    var listCount: Int { tracker.count }

    init(
        state: SessionState,
        destination: Destination,
        requester: any TransferRequester,
        synchronizer: Synchronizer? = nil
    ) {
        self.synchronizer = synchronizer
        self.state = state
        self.destination = destination
        self.requester = requester
        rules = AttributeRules(options: state.options, dialect: state.parameters.dialect, volume: destination.volume)
        directories = DirectoryCache(volume: destination.volume, capacity: 8)
        fileRecipe = state.parameters.fileRecipe
        deleter = Deleter(state: state)
        guard destination.wasCreated else { return }
        createdDirectories = [[], [UInt8(ascii: ".")]]
        state.countInPlace { $0.createdDirectories += 1 }
    }

    // MARK: lists

    /// Works through a list, whose files may still be on their way when this returns.
    ///
    /// - Parameters:
    ///   - list: Sorted, ids mapped.
    ///   - owner: The directory that the list belongs to with incremental recursion.
    func process(_ list: FileList, owner: ListOwner?) {
        tracker.begin(list, owner: owner)
        links.prepare(list)
        if state.options.deletion.isBefore, owner == nil { deleteFirst(list) }
        if let owner {
            processDirectory(owner.entry, name: owner.name, index: list.start - 1, in: list, contents: list)
        }
        let order = state.options.agent.smallestFirst && owner == nil ? list.smallestFirst() : nil
        var parent = ParentDirectory()
        for turn in 0..<list.count {
            let position = order?[turn] ?? turn
            let entry = list.entry(sorted: position)
            guard !entry.flags.contains(.blank) else { continue }
            if turn & 127 == 127 { pause() } else { stayAlive() }
            guard !state.hasFailed else { return }
            process(entry, index: list.start + Int32(position), in: list, &parent)
        }
        tracker.end(list)
        state.progress.entriesDone.add(Int64(list.count), ordering: .relaxed)
    }

    /// The directory that the last entry was in, so that a run of siblings opens it once.
    struct ParentDirectory {
        var name: [UInt8]?
        var directory: VolumeDirectory?
        /// Whether this run made the directory.
        var isNew = false
    }

    private func process(
        _ entry: FileEntry,
        index: Int32,
        in list: FileList,
        _ parent: inout ParentDirectory
    ) {
        let name = list.parent(of: entry)
        if parent.name.map({ $0[...] != name }) ?? true { open(Array(name), &parent) }
        if entry.isDirectory {
            let whole = Array(list.name(of: entry))
            // Directories of the first list that are "." were handled as its owner.
            if state.parameters.isIncremental {
                if whole != [UInt8(ascii: ".")] { prepareDirectory(entry, named: whole, in: list, parent) }
            } else {
                processDirectory(entry, name: whole, index: index, in: list, contents: nil)
            }
            return
        }
        guard let directory = parent.directory else { return }
        do throws(VolumeError) {
            let leaf = destination.leaf(of: entry, in: list)
            let current = parent.isNew || destination.isNew ? nil : try directory.status(of: leaf.span)
            switch entry.type {
            case UInt32(S_IFREG): processFile(entry, leaf, current, index: index, in: list, directory)
            case UInt32(S_IFLNK): processLink(entry, leaf, current, index: index, in: list, directory)
            default: processNode(entry, leaf, current, index: index, in: list, directory)
            }
        } catch {
            report(error, "recv_generator")
        }
    }

    private func open(_ name: [UInt8], _ parent: inout ParentDirectory) {
        parent = ParentDirectory(name: name, directory: nil, isNew: createdDirectories.contains(name))
        guard !isBelowFailure(name) else { return }
        // In a dry run a directory that would be made is not there; nothing is looked for in it.
        guard !(state.options.dryRun && parent.isNew) else { return parent.directory = destination.volume.root }
        do throws(VolumeError) {
            parent.directory = try directories.directory(name.span)
        } catch {
            report(error, "opendir")
        }
    }

    /// Whether a directory lies in one that could not be made.
    func isBelowFailure(_ name: [UInt8]) -> Bool {
        guard !failedDirectories.isEmpty else { return false }
        if failedDirectories.contains(name) { return true }
        return name.indices.contains { name[$0] == UInt8(ascii: "/") && failedDirectories.contains(Array(name[..<$0])) }
    }

    // MARK: answers

    /// A file that was asked for is in place.
    func finished(_ plan: TransferPlan) {
        if plan.entry.flags.contains(.hardLinked) { finishLinks(of: plan) }
        tracker.finish(plan.index)
    }

    /// A file that was asked for will not come.
    func abandoned(_ index: Int32) {
        abandonLinks(of: index)
        tracker.finish(index)
    }

    /// A file arrived with a wrong sum: once more, then it is an error (protocol specification, transfer 11.11).
    func mismatched(_ plan: TransferPlan) {
        let name = printable(plan.list.name(of: plan.entry))
        guard plan.attempt == 0 else {
            state.report("ERROR: \(name) failed verification -- update discarded.", .errorTransfer)
            return abandoned(plan.index)
        }
        state.report("WARNING: \(name) failed verification -- update discarded (will try again).", .warning)
        do throws(VolumeError) {
            let directory = try directories.directory(plan.list.parent(of: plan.entry).span)
            let leaf = destination.leaf(of: plan.entry, in: plan.list)
            let current = try directory.status(of: leaf.span)
            request(plan.entry, leaf, current, plan.flags, plan.index, in: plan.list, directory, attempt: 1)
        } catch {
            report(error, "recv_generator")
            abandoned(plan.index)
        }
    }

    /// Looks at an entry again whose group lost the member it waited for.
    func again(_ member: HardLinkTable.Waiting, _ parent: inout ParentDirectory) {
        process(member.entry, index: member.index, in: member.list, &parent)
    }

    /// A link that waited is in place.
    func tracker(finished index: Int32) { tracker.finish(index) }

    /// Notes that a file or a link of a list is on its way.
    func track(_ index: Int32) { tracker.start(index) }

    /// Ends a list whose entries are all in place: directory times and permissions that later work disturbed are set
    /// once more (protocol specification, transfer 11.5).
    func complete(_ tracked: ListTracker.Entry) {
        guard !state.options.dryRun else { return }
        if let owner = tracked.owner {
            restore(owner.entry, name: owner.name)
            createdDirectories.remove(owner.name)
        } else if !state.parameters.isIncremental {
            for position in (0..<tracked.list.count).reversed() {
                let entry = tracked.list.entry(sorted: position)
                guard entry.isDirectory, !entry.flags.contains(.blank) else { continue }
                stayAlive()
                restore(entry, name: Array(tracked.list.name(of: entry)))
            }
        }
    }

    /// The lists that are complete, oldest first, as far as the protocol lets them be ended now.
    func takeCompleted(isLast: Bool) -> [ListTracker.Entry] { tracker.takeCompleted(isLast: isLast) }

    // MARK: errors

    /// Reports a failure on one entry; the transfer goes on without it, unless the destination is full.
    func report(_ error: VolumeError, _ operation: String) {
        guard !state.failDevice(error, on: destination.volume, synchronizer) else { return }
        guard let number = error.number else { return state.report("rsync: [generator] \(error)", .errorTransfer) }
        state.report(state.describe(operation, error.path, number: number, role: "generator"), .errorTransfer)
    }

    func report(_ failures: [VolumeError]) {
        for failure in failures {
            guard case .system(let operation, let path, let number) = failure else { continue }
            state.report(state.describe(operation, path, number: number, role: "generator"), .errorTransfer)
        }
    }

    /// The digest of a destination file for `-c`.
    func digest(of leaf: Span<UInt8>, in directory: VolumeDirectory) -> [UInt8] {
        sums.digest(of: leaf, in: directory, fileRecipe, betweenPieces: stayAlive)
    }
}
