import Checksums
import FileMetadata
import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import Synchronization
import VolumeAccess

/// Reads everything the sender sends: file lists, items, data, statistics (protocol specification, session 7).
///
/// ## Concurrency model
/// Runs on the thread that called ``readFirstLists()`` and ``run(into:)``, and owns the input. Events go to the
/// generator, complete files go to the finishers in batches. Until the first lists have arrived, it also owns the
/// output.
final class Receiver: ReadingRole {
    /// What this thread does besides reading.
    private enum Phase {
        /// The first lists are being received, and no other thread sends keep-alives.
        case firstLists
        /// The destination is being opened, or the session has ended.
        case idle
        /// Files are being received, whose bytes are in the source's buffers.
        case files(FileContent)
    }

    let messages: PeerMessages
    private let state: SessionState
    private let channel: SessionChannel
    private let input: WireInput
    private let events: BoundedQueue<GeneratorEvent>
    private let jobs: FileJobBatch
    private let open: OpenRequests
    private let request: RequestedNames?
    private let identities: IdentityMap
    private var decoder: FileListDecoder
    private var live: LiveFileLists
    private var listCount: Int32 = 0
    /// Entries of lists that have ended.
    private var endedCount = 0
    private var doneCount: Int32 = 0
    private var phase = Phase.firstLists

    init(
        state: SessionState,
        channel: SessionChannel,
        events: BoundedQueue<GeneratorEvent>,
        jobs: FileJobBatch,
        open: OpenRequests,
        request: RequestedNames?
    ) {
        self.state = state
        self.channel = channel
        input = channel.input
        messages = PeerMessages(state: state, channel: channel)
        self.events = events
        self.jobs = jobs
        self.open = open
        self.request = request
        identities = IdentityMap(state)
        var limits = FileListLimits.standard
        if let bytes = state.options.limits.listMemory { limits.bytes = bytes }
        decoder = FileListDecoder(
            format: FileListFormat(state.options, state.parameters),
            limits: limits,
            metadata: state.metadata
        )
        live = LiveFileLists(isIncremental: state.parameters.isIncremental)
    }

    // MARK: lists

    /// Reads the first list, and what follows a list of one entry (protocol specification, transfer 4.4).
    ///
    /// - Returns: The list, and whether more entries follow in other lists.
    func readFirstLists() throws(WireError) -> (list: FileList, hasMore: Bool) {
        defer { phase = .idle }
        let sortsByBytes = state.parameters.dialect.sortsByBytes
        let first = FileList(start: live.nextStart, directory: -1, sortsByBytes: sortsByBytes)
        try decode(first, of: [], holding: 0)
        try request?.check(first)
        take(first)
        guard state.parameters.isIncremental else {
            open.endLists()
            events.push(.listsComplete)
            return (first, false)
        }
        guard first.count <= 1 else { return (first, true) }
        let index = try input.index("a file list")
        if index == SpecialIndex.endOfLists {
            try endLists()
            return (first, false)
        }
        return (first, try readList(index) > 0)
    }

    /// Reads the list of one directory.
    ///
    /// - Returns: The number of its entries.
    private func readList(_ index: Int32) throws(WireError) -> Int {
        guard index <= SpecialIndex.listOffset else {
            throw .violation("invalid file index \(index) from the sender", exitCode: 2)
        }
        let number = SpecialIndex.listOffset - index
        let directory = try live.open(number)
        let list = FileList(start: live.nextStart, directory: number)
        try decode(list, of: directory, holding: live.footprint)
        try request?.check(list)
        take(list)
        return list.count
    }

    private func decode(_ list: FileList, of directory: [UInt8], holding footprint: Int) throws(WireError) {
        let start = input.bytesTaken
        try decoder.decode(from: input, into: list, directory: directory, holding: footprint)
        state.mentionRepetitions(in: list)
        let size = input.bytesTaken - start
        state.count { $0.fileListSize += size }
    }

    private func take(_ list: FileList) {
        state.add(SessionState.ErrorBits(rawValue: list.errorBits))
        identities.map(list, decoder.senderNames)
        if state.options.attributes.acls { identities.map(state.metadata, decoder.senderNames) }
        list.apply(state.options.attributes.modeChanges)
        count(list)
        state.prune(list)
        live.append(list)
        listCount += 1
        events.push(.list(list, ListOwner(of: list, in: live)))
    }

    /// Counts what has arrived, directories that will be pruned among it, as in rsync.
    private func count(_ list: FileList) {
        var size: Int64 = 0
        state.count { statistics in
            for entry in list.entries where !entry.flags.contains(.blank) {
                statistics.listed.count(mode: entry.mode, isReceived: true)
                if entry.isRegular || entry.isSymbolicLink { size.addClamped(entry.size) }
            }
            statistics.totalSize.addClamped(size)
        }
        state.progress.bytesListed.addClamped(size)
        state.progress.entriesListed.add(Int64(list.count), ordering: .relaxed)
    }

    private func endLists() throws(WireError) {
        // A sender that stops early must not appear complete (protocol specification, transfer 4.3).
        guard !live.hasOpenDirectories else {
            throw .violation("the file lists ended before the contents of every directory were listed", exitCode: 2)
        }
        try live.finish()
        state.progress.completeList()
        open.endLists()
        events.push(.listsComplete)
    }

    // MARK: items

    /// Reads items up to the sender's last byte.
    func run(into destination: Destination) throws(WireError) {
        let content = FileContent(source: channel.source, jobs: jobs)
        phase = .files(content)
        defer { phase = .idle }
        let files = try FileReceiver(state: state, input: input, destination: destination, content: content)
        // What was rebuilt before a failure is still committed, or kept as a partial file, or discarded.
        defer { jobs.handOver() }
        while !isAtEnd, !state.hasFailed {
            let index = try input.index("an item")
            switch index {
            case SpecialIndex.done: try takeDone()
            case SpecialIndex.endOfLists: try endLists()
            case SpecialIndex.deletionStatistics: _ = try DeletionStatistics.read(from: input)
            case 0...: try takeItem(index, files)
            default: _ = try readList(index)
            }
        }
        jobs.handOver()
        events.push(.receiverEnded)
    }

    /// Whether the sender has nothing more to send: it answers every NDX_DONE except the goodbye (protocol
    /// specification, session 7.3).
    private var isAtEnd: Bool {
        guard live.isComplete else { return false }
        let dialect = state.parameters.dialect
        return doneCount == listCount + dialect.phaseCount + (dialect.hasLongGoodbye ? 1 : 0)
    }

    /// Whether the end of a phase waits for the finishers: where files that they report are requested in the next phase, or
    /// get their names after it.
    private var awaitsFinishers: Bool {
        let placement = state.options.placement
        return placement.holdsUpdates || placement.writesInPlace && !state.parameters.dialect.hasErrorMessages
    }

    private func takeDone() throws(WireError) {
        guard open.takeEnd() else {
            throw .violation("the sender answered the end of a list or a phase that was not ended", exitCode: 2)
        }
        doneCount += 1
        // A whole list stays: files may be sent again after its end.
        if doneCount <= listCount, live.isIncremental {
            endedCount += live.lists.first?.count ?? 0
            live.releaseOldest()
        }
        jobs.handOver()
        let dialect = state.parameters.dialect
        if live.isComplete, doneCount == listCount + dialect.phaseCount, !state.isServer {
            let sender = try TransferStatistics.read(from: input)
            state.count {
                $0.listBuildTime = sender.listBuildTime
                $0.listTransferTime = sender.listTransferTime
            }
        }
        // The generator learns what came of the files of a phase before it hears of its end.
        if awaitsFinishers { jobs.awaitFinished() }
        if !dialect.hasErrorMessages { abandonUnanswered() }
        events.push(.senderDone)
    }

    /// Gives up what the sender passed over in the phase that has ended: before protocol 30 it has no other way to say
    /// that it could not open a file.
    private func abandonUnanswered() {
        for plan in open.takeAll() {
            open.settle(plan)
            state.noteNotSent()
            events.push(.abandoned(plan.index))
        }
    }

    private func takeItem(_ index: Int32, _ files: FileReceiver) throws(WireError) {
        let item = try Item.read(from: input)
        if item.isIdle(index, in: live, state.parameters.dialect) { return }
        guard item.flags.contains(.transfer), state.execution.bringsContent else {
            let place = try live.resolve(index)
            if state.carriesValues(item.flags) {
                let number = place.holder.attributes(of: place.entry).extended
                try state.readValues(from: input, into: state.metadata.set(number))
            }
            if open.takeAwaited(index) { events.push(.valuesArrived(index)) }
            if item.flags.contains(.transfer) { state.countTransfer(of: place.entry) }
            return report(item, place, transferred: 0)
        }
        guard let plan = open.take(index) else {
            throw .violation("the sender sent a file that was not asked for (index \(index))", exitCode: 2)
        }
        guard item.basis == plan.basisPlace.code || !state.parameters.dialect.hasItemFlags else {
            throw .violation(
                "the sender answers with a kind of basis that was not asked for (\(item.basis))",
                exitCode: 2
            )
        }
        defer { open.settle(plan) }
        if state.observer.wantsFileProgress { notePosition(index) }
        if state.carriesValues(item.flags) {
            try state.readValues(from: input, into: plan.attributes.extended?.attributes ?? .empty)
        }
        let isReportedFirst = state.observer.wantsItemsFirst && !state.isServer
        if isReportedFirst { report(item, try live.resolve(index), transferred: 0) }
        let start = input.bytesTaken
        switch try files.receive(plan) {
        case .complete(let job):
            jobs.add(job)
            if !isReportedFirst {
                let place = try live.resolve(index)
                report(item, place, transferred: input.bytesTaken - start, checksum: files.lastDigest)
            }
        case .mismatched: events.push(.mismatched(plan))
        case .discarded: events.push(.abandoned(index))
        }
    }

    /// Records how far in the lists the transfer is.
    private func notePosition(_ index: Int32) {
        var before = endedCount
        for list in live.lists {
            guard index >= list.start + Int32(list.count) else { break }
            before += list.count
        }
        let start = live.lists.last { $0.start <= index }?.start ?? index
        state.progress.entriesPassed.store(Int64(before + Int(index - start) + 1), ordering: .relaxed)
    }

    private func report(_ item: Item, _ place: ListedEntry, transferred: Int64, checksum: [UInt8] = []) {
        guard state.observer.wantsItems else { return }
        let list = place.holder
        var report = ItemReport(item, place.entry, in: list, of: state, isSending: false, transferred: transferred)
        report.note(checksum: checksum, of: state)
        state.observer.didChange(report)
    }

    // MARK: the reading role

    func noteNotSent(_ index: Int32) throws(WireError) {
        guard let plan = open.take(index) else { throw .violation("no file has the index \(index)", exitCode: 2) }
        // Values that were requested with it come with the next item that has its set.
        open.settle(plan)
        state.noteNotSent()
        events.push(.abandoned(index))
    }

    func noteInPlace(_ index: Int32) {}

    func willLeaveBuffer() {
        switch phase {
        case .firstLists:
            do throws(WireError) { try sendKeepAlive() } catch { state.fail(.wire(error)) }
        case .idle: break
        case .files(let content): content.flush()
        }
    }

    func willWait() throws(WireError) {
        jobs.handOver()
        if case .firstLists = phase { try sendKeepAlive() }
    }

    /// Sends keep-alives while a long list is being received, if the sender relies on that.
    private func sendKeepAlive() throws(WireError) {
        if state.options.agent.sendsKeepAlives { try state.keepAlive(channel.output) }
    }
}

extension FileListDecoder {
    /// The names received so far.
    fileprivate var senderNames: SenderNames {
        let (users, groups) = (userNames, groupNames)
        return SenderNames(user: { users[$0] }, group: { groups[$0] })
    }
}
