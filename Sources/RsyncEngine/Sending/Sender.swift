import Checksums
import DeltaTransfer
import Glibc
import LinuxSystem
import RsyncWire
import Synchronization
import VolumeAccess

/// Sends file lists and answers requests: the source's half of a session (protocol specification, session 7.2).
///
/// ## Concurrency model
/// Runs on the thread that called ``run()`` and owns the output. Lists come from the thread `walk`, requests from the
/// thread `requests`; both queues are bounded, and the threads wait for this one in no other way.
final class Sender {
    /// The entries to list ahead of the current list even while requests wait (protocol specification, transfer 4.4).
    private static let leastAhead = 1000
    /// The entries to list ahead while there is nothing else to do.
    private static let mostAhead = 10_000

    private let state: SessionState
    private let output: WireOutput
    private let lists: BoundedQueue<FileList>
    private let requests: BoundedQueue<[ReceiverEvent]>
    private let file: FileSender
    private var encoder: FileListEncoder
    private var live: LiveFileLists
    private let remover: SourceRemover
    private var batch: ArraySlice<ReceiverEvent> = []
    private var isListComplete = false
    private var phase: Int32 = 0
    private var passed = PassedEntries()
    private var toldBits: SessionState.ErrorBits = []
    /// Counts what was read from the peer, for the statistics of a server.
    private let source: PumpedSource
    /// Tracks what the receiving side may be busy with.
    private let peer: ReceiverWork

    init(
        state: SessionState,
        channel: SessionChannel,
        table: SourceTable,
        lists: BoundedQueue<FileList>,
        requests: BoundedQueue<[ReceiverEvent]>,
        peer: ReceiverWork
    ) throws(WireError) {
        self.state = state
        output = channel.output
        source = channel.source
        self.peer = peer
        self.lists = lists
        self.requests = requests
        let names = IdentityNames()
        // A daemon's `numeric ids` leaves the name of ID 0 in the lists (protocol specification, transfer 5.2).
        let namesZero = !state.parameters.isIncremental
        let mapsNames = state.mapsNames
        encoder = FileListEncoder(
            format: FileListFormat(state.options, state.parameters),
            metadata: state.metadata
        ) { kind, id in
            switch kind {
            case .user: mapsNames || namesZero && id == 0 ? names.userName(id) : nil
            case .group: mapsNames || namesZero && id == 0 ? names.groupName(id) : nil
            }
        }
        live = LiveFileLists(isIncremental: state.parameters.isIncremental)
        let directories = SourceDirectories(table, state: state, capacity: 8)
        remover = SourceRemover(state: state, directories: directories)
        file = try FileSender(state: state, output: output, directories: directories)
    }

    /// Runs the session's phases up to the goodbye.
    ///
    /// - Throws: ``EngineError`` of this side, or the session's first failure.
    func run() throws(EngineError) {
        do throws(WireError) {
            let isEmpty = try sendFirstLists()
            guard !(isEmpty && state.isServer) else { return try output.flush() }
            while try step() {}
            state.mentionMatches()
            try sendGoodbye()
        } catch {
            throw state.failure ?? .wire(error)
        }
        if let failure = state.failure { throw failure }
    }

    // MARK: lists

    /// Sends the first list, and a second one if it has a single entry (protocol specification, transfer 4.4).
    ///
    /// - Returns: Whether there is nothing to transfer at all.
    private func sendFirstLists() throws(WireError) -> Bool {
        let start = ContinuousClock.now
        guard let first = try waitForList() else { return true }
        state.noteListBuilt(since: start)
        state.announceList(isSending: true, count: first.count)
        let isEmpty = first.count == 0
        try state.sendOutbox(to: output)
        try send(first)
        if !state.parameters.isIncremental {
            isListComplete = true
            _ = try waitForList()
        } else if first.count <= 1 {
            try sendNextList(waiting: true)
        }
        return isEmpty
    }

    /// Sends one more list, or the end marker of the lists.
    private func sendNextList(waiting: Bool) throws(WireError) {
        var next = lists.tryPop()
        if next == nil, waiting {
            try output.flush()
            next = try waitForList()
            if next == nil {
                isListComplete = true
                return try output.index(SpecialIndex.endOfLists)
            }
        }
        guard let list = next else { return }
        try output.index(SpecialIndex.listOffset - list.directory)
        try send(list)
    }

    /// Waits for the walker's next list, sending the peer keep-alives.
    ///
    /// - Returns: Nil when there are no more lists.
    private func waitForList() throws(WireError) -> FileList? {
        while true {
            switch lists.pop(within: state.keepAliveInterval) {
            case .element(let list): return list
            case .timedOut:
                try state.sendOutbox(to: output)
                try output.keepAlive()
            case .closed:
                if let failure = state.failure { throw failure.asWireError }
                return nil
            }
        }
    }

    private func send(_ list: FileList) throws(WireError) {
        try encoder.encode(list, to: output)
        try encoder.encodeEnd(errorBits: list.errorBits, to: output)
        live.append(list)
        state.count { statistics in
            for entry in list.entries {
                statistics.listed.count(mode: entry.mode)
                if entry.isRegular || entry.isSymbolicLink { statistics.totalSize.addClamped(entry.size) }
            }
        }
    }

    /// The number of entries in lists after the current one.
    private var entriesAhead: Int { live.entryCount - (live.lists.first?.count ?? 0) }

    // MARK: requests

    /// Does the next piece of work.
    ///
    /// - Returns: False when the receiving side has ended its last phase.
    private func step() throws(WireError) -> Bool {
        try state.sendOutbox(to: output)
        if let failure = state.failure { throw failure.asWireError }
        try state.goOn(output)
        if !isListComplete, entriesAhead < Self.leastAhead { try sendNextList(waiting: batch.isEmpty) }
        if batch.isEmpty, let next = requests.tryPop() { batch = next[...] }
        if batch.isEmpty {
            if !isListComplete, entriesAhead < Self.mostAhead {
                try sendNextList(waiting: true)
                return true
            }
            try waitForRequests()
        }
        guard let event = batch.popFirst() else { return true }
        return try handle(event)
    }

    /// Waits for a batch of requests, sending the peer keep-alives.
    private func waitForRequests() throws(WireError) {
        try output.flush()
        peer.begin()
        while batch.isEmpty {
            switch requests.pop(within: state.keepAliveInterval) {
            case .element(let next): batch = next[...]
            case .timedOut: try output.keepAlive()
            case .closed: throw state.failure?.asWireError ?? .ended(field: "a request")
            }
        }
    }

    private func handle(_ event: ReceiverEvent) throws(WireError) -> Bool {
        switch event {
        case .done: return try finishPhase()
        case .deletions(let counts): try note(counts)
        case .item(let index, let item, let content, let values): try answer(index, item, content, values)
        case .inPlace(let index): try remove(index)
        case .ended: throw .ended(field: "a request")
        }
        return true
    }

    private func finishPhase() throws(WireError) -> Bool {
        if phase == 0, let list = live.lists.first { passed.end(list, state.progress) }
        if live.lists.count > 1 {
            live.releaseOldest()
        } else {
            guard isListComplete else { throw .violation("a phase ended before the last file list", exitCode: 2) }
            phase += 1
            peer.endComparing()
            guard phase <= state.parameters.dialect.phaseCount else { return false }
        }
        try output.index(SpecialIndex.done)
        return true
    }

    private func note(_ counts: DeletionStatistics) throws(WireError) {
        state.count { $0.deleted = EntryCounts(counts) }
        guard state.isServer else { return }
        try output.index(SpecialIndex.deletionStatistics)
        try counts.write(to: output)
    }

    /// Deletes the source of an entry that is in place.
    private func remove(_ index: Int32) throws(WireError) {
        let place = try live.resolve(index)
        guard !place.isDirectoryOfList, !place.entry.isDirectory else {
            throw .violation("a directory was reported as transferred", exitCode: 2)
        }
        remover.remove(place.entry, in: place.list)
    }

    private func answer(
        _ index: Int32,
        _ item: Item,
        _ content: ContentRequest?,
        _ values: [Int]
    ) throws(WireError) {
        if item.isIdle(index, in: live, state.parameters.dialect) { return }
        let place = try live.resolve(index)
        // The index before a list's first entry names a directory that also has an index in another list.
        if !place.isDirectoryOfList { passed.request(index, in: live.lists, state.progress) }
        if state.observer.wantsFileProgress {
            state.progress.entriesPassed.store(state.progress.entriesDone.load(ordering: .relaxed), ordering: .relaxed)
        }
        if item.flags.contains(.isNew) { state.count { $0.created.count(mode: place.entry.mode) } }
        if item.flags.contains(.transfer) {
            guard phase < 2 else { throw .violation("a file was requested after the last phase", exitCode: 2) }
            guard place.entry.isRegular, !place.isDirectoryOfList else {
                throw .violation("a transfer of something that is no regular file was requested", exitCode: 2)
            }
        }
        if let content {
            guard try file.send(index, item, content, values, place.entry, in: place.list) else {
                try file.owe(values, of: place.entry, in: place.list)
                return state.progress.noteDone(place.entry)
            }
        } else {
            state.progress.noteDone(place.entry)
            if item.flags.contains(.transfer) { state.countTransfer(of: place.entry) }
            try output.index(index)
            try item.write(to: output)
            if state.carriesValues(item.flags) { try file.send(values, of: place.entry, in: place.holder) }
        }
        guard state.observer.wantsItems else { return }
        guard let content else {
            return state.observer.didChange(file.report(item, place.entry, in: place.holder, transferred: 0))
        }
        guard !state.observer.wantsItemsFirst || state.isServer else { return }
        state.observer.didChange(file.reportLast(item, place.entry, in: place.holder, content))
    }

    // MARK: goodbye

    /// Ends the session (protocol specification, session 7.4 and 7.5).
    private func sendGoodbye() throws(WireError) {
        try state.sendOutbox(to: output)
        let bits = state.errorBits
        if bits != toldBits, bits.rawValue != 0, state.parameters.dialect.hasErrorMessages {
            try output.message(.ioError, number: bits.rawValue)
        }
        try output.index(SpecialIndex.done)
        if state.isServer { try sendStatistics() }
        try output.flush()
        if state.parameters.dialect.hasLongGoodbye {
            try awaitDone()
            try output.index(SpecialIndex.done)
            try output.flush()
        }
        try awaitDone()
    }

    private func awaitDone() throws(WireError) {
        while true {
            if batch.isEmpty { try waitForRequests() }
            switch batch.popFirst() {
            case .done: return
            case .deletions(let counts):
                try note(counts)
            case .inPlace(let index): try remove(index)
            case .ended: throw .ended(field: "the goodbye")
            default: throw .violation("invalid packet at the end of the run", exitCode: 2)
            }
        }
    }

    private func sendStatistics() throws(WireError) {
        let statistics = state.statistics
        var figures = TransferStatistics()
        figures.bytesRead = source.bytesTaken
        figures.bytesWritten = output.bytesWritten + Int64(output.pending)
        figures.totalSize = statistics.totalSize
        figures.listBuildTime = statistics.listBuildTime
        figures.listTransferTime = statistics.listTransferTime
        try figures.write(to: output)
    }
}
