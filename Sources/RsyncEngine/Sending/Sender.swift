import Checksums
import DeltaTransfer
import Glibc
import LinuxSystem
import RsyncWire
import VolumeAccess

/// Sends file lists and answers requests: the source's half of a session (protocol specification, session 7.2).
///
/// ## Concurrency model
/// Runs on the thread that called ``run()`` and owns the output. Lists come from the thread `walk`, requests from the
/// thread `requests`; both queues are bounded and neither thread waits for this one in any other way.
final class Sender {
    /// Entries that are listed ahead of the list in work even while requests wait (protocol specification, transfer 4.4).
    private static let leastAhead = 1000
    /// Entries that are listed ahead while nothing else is to be done.
    private static let mostAhead = 10_000

    private let state: SessionState
    private let output: WireOutput
    private let lists: BoundedQueue<FileList>
    private let requests: BoundedQueue<[ReceiverEvent]>
    private let file: FileSender
    private var encoder: FileListEncoder
    private var live: FileListIndex
    private var batch: ArraySlice<ReceiverEvent> = []
    private var isListComplete = false
    private var phase = 0
    private var toldBits: SessionState.ErrorBits = []
    private var answered: Set<Int32> = []

    init(
        state: SessionState,
        output: WireOutput,
        sources: [SourceRoot],
        lists: BoundedQueue<FileList>,
        requests: BoundedQueue<[ReceiverEvent]>
    ) {
        self.state = state
        self.output = output
        self.lists = lists
        self.requests = requests
        let format = FileListFormat(options: state.options, parameters: state.parameters)
        encoder = FileListEncoder(format: format, names: .system)
        live = FileListIndex(isIncremental: state.parameters.isIncremental)
        file = FileSender(state: state, output: output, sources: sources)
    }

    /// Runs the session's phases up to the goodbye.
    ///
    /// - Throws: ``EngineError`` of this side, or the session's first failure.
    func run() throws(EngineError) {
        do throws(WireError) {
            let isEmpty = try sendFirstLists()
            guard !(isEmpty && state.isServer) else { return try output.flush() }
            while try step() {}
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
        guard let first = lists.pop() else { return true }
        state.observer.fileList(
            isSending: true,
            isIncremental: state.parameters.isIncremental,
            isComplete: false,
            count: first.count
        )
        let isEmpty = first.count == 0
        try send(first)
        if !state.parameters.isIncremental {
            try encoder.encodeIdentityLists(to: output)
            isListComplete = true
            _ = lists.pop()
        } else if first.count <= 1 {
            try sendNextList(waiting: true)
        }
        return isEmpty
    }

    /// Sends one more list, or the mark that there are no more.
    private func sendNextList(waiting: Bool) throws(WireError) {
        var next = lists.tryPop()
        if next == nil, waiting {
            try output.flush()
            next = lists.pop()
            if next == nil {
                isListComplete = true
                return try output.index(SpecialIndex.endOfLists)
            }
        }
        guard let list = next else { return }
        try output.index(SpecialIndex.listOffset - list.directory)
        try send(list)
    }

    private func send(_ list: FileList) throws(WireError) {
        let before = output.bytesWritten + Int64(output.pending)
        try encoder.encode(list, to: output)
        try encoder.encodeEnd(errorBits: list.errorBits, to: output)
        try live.append(list)
        let size = output.bytesWritten + Int64(output.pending) - before
        state.count { statistics in
            statistics.fileListSize += size
            for entry in list.entries {
                statistics.listed.count(mode: entry.mode)
                if entry.isRegular || entry.isSymbolicLink { statistics.totalSize += entry.size }
            }
        }
    }

    private var entriesAhead: Int { live.entriesBeyondFirst }

    // MARK: requests

    /// Does the next thing there is to do.
    ///
    /// - Returns: False when the receiving side has ended its last phase.
    private func step() throws(WireError) -> Bool {
        try state.sendOutbox(to: output)
        if let failure = state.failure { throw failure.asWireError }
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

    /// Waits for a batch of requests, telling the peer now and then that this side lives.
    private func waitForRequests() throws(WireError) {
        try output.flush()
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
        case .item(let item, let signature): try answer(item, signature)
        case .ended: throw .ended(field: "a request")
        }
        return true
    }

    private func finishPhase() throws(WireError) -> Bool {
        if live.listCount > 1 {
            live.releaseFirst()
        } else {
            guard isListComplete else { throw .violation("a phase ended before the last file list", exitCode: 2) }
            phase += 1
            guard phase <= 2 else { return false }
        }
        try output.index(SpecialIndex.done)
        return true
    }

    private func note(_ counts: DeletionStatistics) throws(WireError) {
        state.count { $0.deleted = EntryCounts(counts) }
        guard state.isServer else { return }
        try output.index(SpecialIndex.deletionStatistics)
        try counts.encode(to: output)
    }

    private func answer(_ item: Item, _ signature: Signature?) throws(WireError) {
        let place = try live.resolve(item.index)
        guard item.flags.contains(.transfer) else {
            try item.encode(to: output)
            return report(item, place.entry, in: place.list)
        }
        guard phase < 2 else { throw .violation("a file was requested after the last phase", exitCode: 2) }
        guard place.entry.isRegular, !place.isListDirectory else {
            throw .violation("a transfer of something that is no regular file was requested", exitCode: 2)
        }
        guard let signature else {
            try item.encode(to: output)
            return report(item, place.entry, in: place.list)
        }
        let isSent = try file.send(item, signature, place.entry, in: place.list)
        if isSent { report(item, place.entry, in: place.list) }
    }

    private func report(_ item: Item, _ entry: FileEntry, in list: FileList) {
        guard state.observer.wantsItems, !state.isServer else { return }
        state.observer.didChange(ItemReport(item, entry, in: list, isSending: true, transferred: file.lastTransferred))
    }

    // MARK: goodbye

    /// Ends the session (protocol specification, session 7.4 and 7.5).
    private func sendGoodbye() throws(WireError) {
        let bits = state.errorBits
        if bits != toldBits, bits.rawValue != 0 { try output.message(.ioError, number: bits.rawValue) }
        try output.index(SpecialIndex.done)
        if state.isServer { try sendStatistics() }
        try output.flush()
        if state.parameters.protocolVersion >= 31 {
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
            default: throw .violation("invalid packet at the end of the run", exitCode: 2)
            }
        }
    }

    private func sendStatistics() throws(WireError) {
        let statistics = state.statistics
        try output.varlong30(file.bytesRead(), 3)
        try output.varlong30(output.bytesWritten + Int64(output.pending), 3)
        try output.varlong30(statistics.totalSize, 3)
        try output.varlong30(statistics.listBuildTime, 3)
        try output.varlong30(statistics.listTransferTime, 3)
    }
}
