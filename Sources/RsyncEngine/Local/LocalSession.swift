import LinuxSystem
import RsyncOptions
import RsyncWire
import VolumeAccess

/// Drives the generator from local file lists.
///
/// Runs on the thread that created it.
final class LocalSession: TransferRequester {
    private struct Inode: Hashable {
        let device: UInt64
        let number: UInt64
    }

    private let state: SessionState
    private let synchronizer: Synchronizer?
    private let jobs: BoundedQueue<[TransferPlan]>
    private let events: BoundedQueue<GeneratorEvent>
    private var live: LiveFileLists
    private var lists = PendingLists()
    private var generator: Generator?
    private var batch: [TransferPlan] = []
    private var linkGroups: [Inode: Int32] = [:]
    /// Maps owners and groups where they may change on the way; nil where they stay.
    private let identities: IdentityMap?
    private let destination: Destination
    private let sources: SourceDirectories
    private let remover: SourceRemover

    var isLocal: Bool { true }

    init(
        state: SessionState,
        destination: Destination,
        table: SourceTable,
        synchronizer: Synchronizer?,
        jobs: BoundedQueue<[TransferPlan]>,
        events: BoundedQueue<GeneratorEvent>,
        interpose: (any Executor) -> any Executor
    ) {
        self.state = state
        self.destination = destination
        sources = SourceDirectories(table, state: state, capacity: 4)
        remover = SourceRemover(state: state, directories: sources)
        self.synchronizer = synchronizer
        self.jobs = jobs
        self.events = events
        let identities = IdentityMap(state)
        self.identities = identities.isNeededLocally ? identities : nil
        live = LiveFileLists(isIncremental: state.parameters.isIncremental)
        let context = GeneratorContext(
            state: state,
            destination: destination,
            requester: self,
            synchronizer: synchronizer
        )
        state.mentionDelta(isWanted: context.rules.wantsDelta)
        generator = Generator(context, interpose: interpose)
    }

    /// Takes the next list of the walk, and processes those that need not wait for more.
    func take(_ list: FileList) throws(EngineError) {
        guard let generator else { return }
        state.mentionRepetitions(in: list)
        list.removeDuplicates()
        if let identities { map(list, by: identities) }
        numberLinks(of: list)
        count(list)
        state.prune(list)
        live.append(list)
        generator.arrived(list)
        lists.append(list, ListOwner(of: list, in: live))
        try process()
    }

    private func process() throws(EngineError) {
        guard let generator else { return }
        while !state.hasFailed, let (list, owner) = generator.next(of: &lists) {
            generator.process(list, owner: owner, pause: {})
            handOver()
            drain()
            while generator.openCount > 4096, !state.hasFailed { try wait() }
            try complete(isLast: false)
        }
    }

    /// Maps owners and groups; the source's are what is shown.
    private func map(_ list: FileList, by identities: IdentityMap) {
        let entries = state.observer.wantsItems ? list.entries : []
        identities.map(list, identities.localNames)
        identities.map(state.metadata, identities.localNames)
        for (old, new) in zip(entries, list.entries) where (old.uid, old.gid) != (new.uid, new.gid) {
            list.unmappedIDs[old.nameStart] = (old.uid, old.gid)
        }
    }

    /// Waits until all files are in place.
    func finish() throws(EngineError) {
        guard let generator else { return }
        lists.isComplete = true
        try process()
        while generator.openCount > 0, !state.hasFailed { try wait() }
        generator.placeHeld()
        try complete(isLast: true)
        generator.deleteLate(pause: {})
        generator.deleter.reportLimit()
        let counts = generator.deleter.counts
        if state.options.deletion.replacesDirectories { state.count { $0.deleted = EntryCounts(counts) } }
        guard let synchronizer else { return }
        try check { () throws(WireError) in try synchronizer.finish(every: .seconds(60), stayAlive: {}) }
    }

    /// Releases the generator, which refers to this session as its requester.
    func end() { generator = nil }

    private func complete(isLast: Bool) throws(EngineError) {
        guard let generator else { return }
        let completed = generator.takeCompleted(isLast: isLast)
        for tracked in completed { generator.complete(tracked) }
        if !completed.isEmpty, generator.hasUnconfirmed, let synchronizer {
            try check { () throws(WireError) in try synchronizer.flush(every: .seconds(60), stayAlive: {}) }
            generator.confirmFlushed()
        }
        for _ in completed { live.releaseOldest() }
    }

    /// Ends the session when something was lost on the way to the device.
    private func check(_ flush: () throws(WireError) -> EngineError?) throws(EngineError) {
        var loss: EngineError?
        do throws(WireError) {
            loss = try flush()
        } catch {
            throw state.failure ?? .wire(error)
        }
        if let loss { throw loss }
    }

    /// Assigns hard links the group numbers that a sender would have sent.
    private func numberLinks(of list: FileList) {
        for entry in list.entries where entry.flags.contains(.hardLinked) {
            let extra = list.extras[Int(entry.extra)]
            let inode = Inode(device: extra.device, number: extra.inode)
            let group = linkGroups[inode] ?? Int32(linkGroups.count)
            linkGroups[inode] = group
            list.extras[Int(entry.extra)].linkGroup = group
        }
    }

    private func count(_ list: FileList) {
        state.count { statistics in
            for entry in list.entries where !entry.flags.contains(.blank) {
                statistics.listed.count(mode: entry.mode)
                if entry.isRegular || entry.isSymbolicLink { statistics.totalSize.addClamped(entry.size) }
            }
        }
    }

    // MARK: events

    private func wait() throws(EngineError) {
        guard let event = events.pop() else { throw state.failure ?? .cancelled }
        handle(event)
    }

    private func drain() {
        while let event = events.tryPop() { handle(event) }
    }

    private func handle(_ event: GeneratorEvent) {
        switch event {
        case .finished(let plans): for plan in plans { generator?.finished(plan) }
        case .held(let plans): for plan in plans { generator?.hold(plan) }
        case .abandoned(let index): generator?.abandoned(index)
        case .mismatched(let plan): generator?.mismatched(plan)
        case .list, .listsComplete, .valuesArrived, .senderDone, .receiverEnded: break
        }
        handOver()
    }

    private func handOver() {
        guard !batch.isEmpty else { return }
        jobs.push(batch, weight: batch.count)
        batch = []
    }

    // MARK: requests

    func report(_ flags: ItemFlags, of candidate: Candidate) {
        if flags.contains(.transfer) { state.countTransfer(of: candidate.entry) }
        let isListed = state.parameters.dialect.hasItemFlags
        guard state.observer.wantsItems || !isListed else { return }
        let entry = candidate.entry
        let item = Item(flags: flags.explained(in: state.parameters.dialect), name: candidate.reportedLink)
        // A directory's own item may be reported with the list of its contents, which does not contain the directory
        // itself.
        let holder = entry.isDirectory ? holder(of: entry, candidate.list) : candidate.list
        var report = ItemReport(
            item,
            entry,
            in: holder,
            of: state,
            isSending: false,
            isLocal: true,
            transferred: 0
        )
        report.directory = sources.argumentDirectory(of: entry)
        report.settleLinkTime(in: state.parameters.dialect)
        // As in rsync, whose server has no other way then.
        guard isListed || flags.contains(.transfer) else { return state.mention(report) }
        if state.observer.wantsItems { state.observer.didChange(report) }
    }

    private func holder(of entry: FileEntry, _ list: FileList) -> FileList {
        do throws(WireError) {
            return state.parameters.isIncremental ? try live.directory(of: list).holder : list
        } catch {
            return list
        }
    }

    func request(_ plan: TransferPlan, basis: ReadableFile?) {
        batch.append(plan)
        if batch.count >= 64 || plan.entry.size > 1 << 20 { handOver() }
    }

    /// Locally all values are known.
    func awaitValues(of index: Int32) {}

    func confirm(_ index: Int32, _ entry: FileEntry, in list: FileList) {
        let destination = destination
        remover.remove(entry, in: list) { source in
            let path = destination.path(of: entry, in: list)
            guard
                let written = try? destination.volume.directory(PathParts(path).parent.span)
                    .status(of: PathParts(path).leaf.span)
            else { return false }
            return written.device == source.device && written.inode == source.inode
        }
    }

    /// A local transfer needs no keep-alives.
    func sendKeepAlive() {}

    /// As in rsync, whose server tells the name only.
    func reportDeletion(_ name: [UInt8], isDirectory: Bool, permissions: UInt32?) {
        state.observer.didDelete(name: name, isDirectory: isDirectory)
    }
}
