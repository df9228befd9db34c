import LinuxSystem
import RsyncOptions
import RsyncWire

/// Drives the generator through the phases of a session (protocol specification, session 7.1).
///
/// ## Concurrency model
/// Runs on the thread `generate`, which owns the output.
final class GeneratorSession {
    private let state: SessionState
    private let output: WireOutput
    private let generator: Generator
    private let events: BoundedQueue<GeneratorEvent>
    private let open: OpenRequests
    private let requestLimit: Int
    private let synchronizer: Synchronizer?
    /// Whether a list is ended when all of it is in place.
    ///
    /// Otherwise it is ended when all of it has been requested: before protocol 30 only the end of a phase tells which files
    /// the sender does not send, and files that are held are in place
    /// after the last phase of requests.
    private let endsListsInPlace: Bool
    /// Files to request again in the redo phase, if that cannot be done before.
    private var redos: [TransferPlan] = []
    private var lists = PendingLists()
    private var listsEnded = 0
    private var senderDone = 0
    private var hasReceiverEnded = false
    /// Whether everything except the goodbye has been written, so that the sender may have ended.
    private var hasEndedPhases = false

    init(
        state: SessionState,
        output: WireOutput,
        generator: Generator,
        events: BoundedQueue<GeneratorEvent>,
        open: OpenRequests,
        requestLimit: Int,
        synchronizer: Synchronizer?
    ) {
        self.synchronizer = synchronizer
        self.state = state
        self.output = output
        self.generator = generator
        self.events = events
        self.open = open
        self.requestLimit = requestLimit
        endsListsInPlace = state.parameters.dialect.hasErrorMessages && !generator.rules.holdsUpdates
    }

    /// Runs up to the goodbye; a failure ends the session.
    func run() {
        do throws(WireError) {
            try workThroughLists()
            try endTransfers()
            generator.settleDeletions()
            try endPhases()
        } catch {
            state.fail(.wire(error))
        }
        tellFailure()
    }

    /// Requests whose outcome is still to come in this phase.
    private var requestCount: Int { generator.openCount - redos.count }

    // MARK: lists

    private func workThroughLists() throws(WireError) {
        while true {
            if let failure = state.failure { throw failure.asWireError }
            try state.sendOutbox(to: output)
            try state.tellTally(to: output, every: .seconds(1))
            if requestCount < requestLimit, let (list, owner) = generator.next(of: &lists) {
                generator.process(list, owner: owner, pause: breathe)
                try endCompletedLists()
                drain()
                continue
            }
            try endCompletedLists()
            if lists.isFinished, generator.listCount == 0 || !endsListsInPlace { return }
            try waitForEvent()
        }
    }

    /// Ends the lists of which all files are in place.
    ///
    /// A list that has no successor yet is kept: the sender would take its end for the end of a phase.
    private func endCompletedLists() throws(WireError) {
        guard endsListsInPlace else { return }
        let completed = generator.takeCompleted(isLast: lists.isFinished)
        for tracked in completed { generator.complete(tracked) }
        // The sender forgets a list that is ended.
        if !completed.isEmpty { try confirmInPlace() }
        for _ in completed {
            listsEnded += 1
            try writeEnd()
        }
    }

    /// Flushes what is in place to the device, and tells a sender that deletes it.
    private func confirmInPlace() throws(WireError) {
        guard generator.hasUnconfirmed, let synchronizer else { return }
        let loss = try synchronizer.flush(every: state.keepAliveInterval, stayAlive: stayAlive)
        guard try isComplete(loss) else { return }
        generator.confirmFlushed()
    }

    private func stayAlive() throws(WireError) {
        try state.sendOutbox(to: output)
        try output.keepAlive()
    }

    /// Reports what was lost on the way to the device.
    ///
    /// - Returns: Whether nothing was.
    private func isComplete(_ loss: EngineError?) throws(WireError) -> Bool {
        guard let loss else { return true }
        // An older peer has no message for the end of the session: it gets the text and exit code 23.
        guard !state.parameters.dialect.tellsExitCode else {
            state.fail(loss)
            throw loss.asWireError
        }
        state.report("\(loss)", .errorTransfer)
        try state.sendOutbox(to: output)
        return false
    }

    /// Called by the generator periodically within a long list.
    private func breathe() {
        drain()
        generator.context.stayAlive()
        do throws(WireError) {
            while requestCount >= requestLimit, !state.hasFailed { try waitForEvent() }
        } catch {
            state.fail(.wire(error))
        }
    }

    // MARK: events

    private func waitForEvent() throws(WireError) {
        guard !hasReceiverEnded || hasEndedPhases else {
            throw .violation("the sender ended before everything was asked for", exitCode: 2)
        }
        if let event = events.tryPop() { return handle(event) }
        try output.flush()
        // A peer that follows the tallies learns within a second what is in place.
        let interval = state.options.agent.tallies ? min(state.keepAliveInterval, .seconds(1)) : state.keepAliveInterval
        while true {
            switch events.pop(within: interval) {
            case .element(let event): return handle(event)
            case .timedOut:
                try state.sendOutbox(to: output)
                try state.tellTally(to: output)
                try state.keepAlive(output)
                try output.flush()
            case .closed: throw state.failure?.asWireError ?? .ended(field: "an event")
            }
        }
    }

    private func drain() {
        while let event = events.tryPop() { handle(event) }
    }

    private func handle(_ event: GeneratorEvent) {
        switch event {
        case .list(let list, let owner):
            generator.arrived(list)
            lists.append(list, owner)
        case .listsComplete: lists.isComplete = true
        case .finished(let plans): for plan in plans { generator.finished(plan) }
        case .held(let plans): for plan in plans { generator.hold(plan) }
        case .abandoned(let index): generator.abandoned(index)
        case .valuesArrived(let index): generator.valuesArrived(index)
        case .mismatched(let plan):
            if endsListsInPlace || plan.attempt > 0 { generator.mismatched(plan) } else { redos.append(plan) }
        case .senderDone: senderDone += 1
        case .receiverEnded: hasReceiverEnded = true
        }
    }

    // MARK: phases

    /// Ends the phases in which files are requested; all of them are then in place, or given up.
    private func endTransfers() throws(WireError) {
        guard !endsListsInPlace else {
            while senderDone < listsEnded { try waitForEvent() }
            return
        }
        try endPhase()
        for plan in redos { generator.mismatched(plan) }
        redos = []
        generator.acceptsRequests = false
        hasEndedPhases = state.parameters.dialect.phaseCount == 1
        try endPhase()
        while generator.openCount > 0 { try waitForEvent() }
        generator.placeHeld()
        for tracked in generator.takeCompleted(isLast: true) { generator.complete(tracked) }
        try confirmInPlace()
    }

    /// Ends a phase and waits for its answer, which follows all files that are sent in it.
    private func endPhase() throws(WireError) {
        try state.sendOutbox(to: output)
        listsEnded += 1
        try writeEnd()
        while senderDone < listsEnded { try waitForEvent() }
    }

    /// The rest of the session, after the last list: redo phase, late updates, deletions, goodbye.
    private func endPhases() throws(WireError) {
        let dialect = state.parameters.dialect
        let time = state.options.deletion.isOn ? generator.rules.deletion.time : .during
        let deletesLate = time == .delayed || time == .after
        try state.sendOutbox(to: output)
        if !deletesLate { try synchronize() }
        if endsListsInPlace { try writeEnd() }
        if dialect.phaseCount > 1 { try writeEnd() }
        if deletesLate {
            try awaitEndOfSending()
            generator.deleteLate(pause: breathe)
            try synchronize()
        }
        generator.deleter.reportLimit()
        try state.sendOutbox(to: output)
        let counts = generator.deleter.counts
        if state.options.deletion.replacesDirectories { state.count { $0.deleted = EntryCounts(counts) } }
        if dialect.hasLongGoodbye {
            if state.options.deletion.replacesDirectories {
                try output.index(SpecialIndex.deletionStatistics)
                try counts.write(to: output)
            }
            try writeEnd()
        }
        try output.flush()
        hasEndedPhases = true
        while !hasReceiverEnded { try waitForEvent() }
        try state.tellTally(to: output, isLast: true)
        try state.sendOutbox(to: output)
        try writeEnd()
        try output.flush()
    }

    /// Waits until the sender has answered all phases: by then it has told its errors, which forbid deletions (protocol
    /// specification, session 7.1 f).
    private func awaitEndOfSending() throws(WireError) {
        let dialect = state.parameters.dialect
        hasEndedPhases = !dialect.hasLongGoodbye
        let lists = endsListsInPlace ? listsEnded : 1
        while senderDone < lists + Int(dialect.phaseCount) { try waitForEvent() }
    }

    /// Flushes everything to the device, which may take long; data that is lost there is an error of the transfer.
    private func synchronize() throws(WireError) {
        guard let synchronizer else { return }
        state.note(.synchronizing)
        try state.sendOutbox(to: output)
        try output.flush()
        guard try isComplete(synchronizer.finish(every: state.keepAliveInterval, stayAlive: stayAlive)) else { return }
        if let time = state.statistics.synchronization { state.note(.synchronized(time)) }
        try state.sendOutbox(to: output)
    }

    /// Writes the end of a list or a phase, which the sender answers.
    private func writeEnd() throws(WireError) {
        open.addEnd()
        try output.index(SpecialIndex.done)
    }

    /// Tells the peer why this side is stopping (protocol specification, session 9.3).
    private func tellFailure() {
        guard let failure = state.failure else { return }
        state.tell(failure, over: output)
    }
}
