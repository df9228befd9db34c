import LinuxSystem
package import RsyncEngine
import RsyncOptions
import RsyncWire
import Transport
import VolumeAccess

/// A running transfer job.
package struct TransferRun: Sendable {
    private let job: SourceJob
    private let display: ProgressDisplay
    private let pace: SessionPace
    private let last: LastPass?
    private let patience = TargetPatience()
    /// Told of each volume whose session is about to begin.
    private var note: SessionNote = { (_) throws(AgentError) in }
    /// What is told to who asks for the status.
    let board: TransferBoard

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - job: What to do.
    ///   - display: Shows the progress.
    ///   - last: The pass before this one; nil when it is not known.
    ///   - pace: Slows its sessions down, or pauses them.
    package init(
        _ job: SourceJob,
        display: ProgressDisplay,
        after last: LastPass? = nil,
        pace: SessionPace = SessionPace()
    ) {
        self.job = job
        self.last = last
        self.display = display
        self.pace = pace
        board = TransferBoard(job)
    }

    /// Is told of a volume whose session is about to begin; what it throws keeps the session from it.
    typealias SessionNote = @Sendable (_ volume: String) throws(AgentError) -> Void

    /// The run, with somebody who is told of sessions.
    func noting(_ note: @escaping SessionNote) -> TransferRun {
        var run = self
        run.note = note
        return run
    }

    /// Transfers the volumes, as many at the same time as the job says, each over its own connection.
    ///
    /// A volume that fails does not prevent the next one; cancellation of the task does.
    ///
    /// - Returns: The outcome of each volume in the job's order, also of those that were not begun.
    package func run() async -> [VolumeOutcome] {
        await withTaskGroup(of: (Int, VolumeOutcome).self) { group in
            var outcomes: [(index: Int, outcome: VolumeOutcome)] = []
            for (index, volume) in job.volumes.enumerated() {
                if index >= job.parallel, let ended = await group.next() { outcomes.append(ended) }
                guard index == 0 || !Task.isCancelled else {
                    outcomes.append((index, notBegun(volume)))
                    continue
                }
                group.addTask { (index, await transfer(volume, isFirst: index == 0 && job.parallel == 1)) }
            }
            for await ended in group { outcomes.append(ended) }
            return outcomes.sorted { $0.index < $1.index }.map(\.outcome)
        }
    }

    /// Ends the run before it begins.
    ///
    /// - Parameter error: Why.
    /// - Returns: The outcome of each volume.
    func abandon(_ error: AgentError) -> [VolumeOutcome] { job.volumes.map { notBegun($0, error) } }

    /// The outcome of a volume that is not begun.
    private func notBegun(
        _ volume: VolumeJob,
        _ error: AgentError = AgentError(.cancelled, "stopped before this volume was begun", exitCode: 20)
    ) -> VolumeOutcome {
        let outcome = VolumeOutcome(name: volume.name, error: error, elapsed: .zero)
        display.end(outcome)
        board.end(outcome)
        return outcome
    }

    private func transfer(_ volume: VolumeJob, isFirst: Bool) async -> VolumeOutcome {
        // Volumes that are transferred at the same time have a display each, with figures of their own.
        let display = job.parallel > 1 ? display.ofOneAmongSeveral() : display
        do throws(AgentError) {
            let call = try CancellableCall.make()
            let outcome = try await onThread("dvm-transfer", cancel: call.cancel) {
                VolumeTransfer(
                    volume: volume,
                    isFirst: isFirst,
                    job: job,
                    last: last,
                    patience: patience,
                    note: note,
                    call: call,
                    display: display,
                    board: board,
                    pace: pace
                ).run()
            }
            board.end(outcome)
            return outcome
        } catch {
            let outcome = VolumeOutcome(name: volume.name, error: error, elapsed: .zero)
            display.end(outcome)
            board.end(outcome)
            return outcome
        }
    }
}

extension CancellableCall {
    package static func make() throws(AgentError) -> CancellableCall {
        do throws(SystemError) {
            return try CancellableCall()
        } catch {
            throw AgentError(.noResources, "\(error)", exitCode: 14)
        }
    }
}

/// The transfer of one volume, on a thread that it may block.
private struct VolumeTransfer {
    let volume: VolumeJob
    /// Whether this is the first connection to the target.
    let isFirst: Bool
    let job: SourceJob
    let last: LastPass?
    let patience: TargetPatience
    let note: TransferRun.SessionNote
    let call: CancellableCall
    let display: ProgressDisplay
    let board: TransferBoard
    let pace: SessionPace

    /// Transfers the volume, and again while its failure may pass and attempts are left.
    func run() -> VolumeOutcome {
        let begin = LogTime.now
        var attempt = 1
        var outcome = attemptOnce(isFirst: isFirst, after: last)
        var (hadSession, targetEnd) = (outcome.hadSession, outcome.targetEnd)
        // How often it has failed in a row, and until when it is tried again: both begin anew after an attempt that moved content.
        var (failed, patienceEnd) = (1, ContinuousClock.now + volume.retryFor)
        while let error = outcome.error, let pause = pause(after: outcome, attempt, failed) {
            guard .now + pause.length <= patienceEnd else { break }
            let text =
                "volume \(volume.name): attempt \(pause.attempt) of \(volume.attempts) failed: \(error.failure.code): "
            let next = Figures.fixed(pause.length.inSeconds)
            display.message("\(text)\(error.observed); next in \(next) s", .warning)
            guard call.mayTryAgain(before: .now + pause.length, after: pause.length) else {
                outcome = VolumeOutcome(name: volume.name, error: settled(error), elapsed: outcome.elapsed)
                break
            }
            attempt += 1
            renew()
            outcome = attemptOnce(isFirst: false, after: hadSession ? nil : last)
            failed = outcome.hasMovedContent ? 1 : failed + 1
            if outcome.hasMovedContent { patienceEnd = .now + volume.retryFor }
            if outcome.hadSession { (hadSession, targetEnd) = (true, outcome.targetEnd) }
        }
        (outcome.hadSession, outcome.targetEnd) = (hadSession, targetEnd)
        outcome.attempts = attempt
        outcome.period = (begin, .now)
        display.end(outcome)
        return outcome
    }

    /// Reads changed files of secrets before another attempt, which goes on with the former ones if they are of no use.
    private func renew() {
        do throws(AgentError) {
            try job.renew { display.message($0, .warning) }
        } catch {
            display.message("\(error); the former ones stay in use", .warning)
        }
    }

    /// The pause before another attempt, and the number of the one that failed; nil when there is to be none.
    private func pause(
        after outcome: VolumeOutcome,
        _ attempt: Int,
        _ failed: Int
    ) -> (length: Duration, attempt: Int)? {
        if outcome.hasReachedTarget { patience.reach() }
        guard let error = outcome.error, !outcome.isAccepted, error.isRetryable, !call.isCancelled else { return nil }
        // A pass with files that vanished is one that was made.
        guard error.failure != .vanished else { return nil }
        if error.isBeforeTarget, patience.isWaiting {
            let start = ContinuousClock.now - outcome.elapsed
            let next = patience.pause(afterAttemptAt: start, limit: volume.attempts, budget: volume.retryFor)
            return next.map { (max(.zero, $0.end - .now), $0.failed) }
        }
        return attempt < volume.attempts ? (RetryPause.after(attempt: failed), attempt) : nil
    }

    private func attemptOnce(isFirst: Bool, after last: LastPass?) -> VolumeOutcome {
        defer { call.endConnections() }
        let start = ContinuousClock.now
        let progress = TransferProgress()
        board.begin(volume.name, progress)
        display.begin(volume.name, progress)
        var pass = PassState(patience: start + volume.wait)
        var outcome: VolumeOutcome
        do throws(AgentError) {
            let source = try open()
            let ticker = try ProgressTicker(display)
            defer { ticker.stop() }
            var times = ComparedTimes()
            var end = try session(source, last, progress, &pass, &times)
            // Our own connection before this one: of the volume before, or of the dry run that counts deletions.
            let previous = pass.hasCountedDeletions ? ContinuousClock.now : start
            let deadline = isFirst && !pass.hasCountedDeletions ? start : previous + CancellableCall.afterglow
            while mayRepeat(end.verdict.error, deadline, pass) || refusesWindow(end.verdict.error, &times) {
                end = try session(source, last, progress, &pass, &times)
            }
            let error = end.verdict.error.map(settled)
            outcome = VolumeOutcome(
                name: volume.name,
                error: error,
                statistics: end.result.statistics,
                isAccepted: end.verdict.isAccepted && error == end.verdict.error,
                exceptions: end.exceptions,
                timeGrain: times.grain(in: end.result.dialect),
                durability: end.durability,
                elapsed: .now - start
            )
        } catch {
            outcome = VolumeOutcome(name: volume.name, error: settled(error), elapsed: .now - start)
        }
        outcome.hadSession = pass.mayHaveChanged
        outcome.hasMovedContent = progress.contentTimes != nil
        outcome.targetEnd = outcome.statistics.targetEnd
        outcome.phases = PassPhases(
            of: outcome.elapsed,
            sessionBegan: pass.sessionBegan.map { $0 - start },
            progress,
            synchronization: outcome.statistics.synchronization
        )
        return outcome
    }

    /// Opens the source, once for the whole pass.
    private func open() throws(AgentError) -> SourceRoot {
        let source: SourceRoot
        let isMounted: Bool
        do throws(VolumeError) {
            source = try SourceRoot.contents(of: volume.path)
            isMounted = volume.isMountPoint ? try source.volume.root.status().isMountRoot : true
        } catch {
            throw AgentError(source: volume.path, error)
        }
        guard isMounted else {
            let path = PrintableText.ofPeer(volume.path)
            throw AgentError(.notMounted, "nothing is mounted on the source's path \(path)", exitCode: 3)
        }
        return source
    }

    /// State that is kept between attempts.
    private struct PassState {
        /// Until when to wait for a volume that someone else writes to.
        let patience: ContinuousClock.Instant
        var hasCountedDeletions = false
        /// Whether the target was looked at, and may have been changed by this pass since.
        var hasChecked = false
        /// When the last session began; nil before the first.
        var sessionBegan: ContinuousClock.Instant?
        /// Whether a session may have changed the target.
        var mayHaveChanged = false
    }

    /// Whether to retry a session: when the target is busy, or when someone else got the volume first.
    private func mayRepeat(_ error: AgentError?, _ deadline: ContinuousClock.Instant, _ pass: PassState) -> Bool {
        switch error?.failure {
        case .targetBusy: call.mayTryAgain(before: deadline)
        case .volumeInUse: call.mayTryAgain(before: pass.patience, after: .milliseconds(500))
        default: false
        }
    }

    /// A failure after a cancellation is caused by it.
    private func settled(_ error: AgentError) -> AgentError {
        call.isCancelled ? AgentError(.cancelled, "stopped on request", exitCode: 20) : error
    }

    /// Whether a target refused to compare nanoseconds, as an older dvm-target behind a stock tunnel does, or a module
    /// whose `refuse options` lists it: the pass is retried without.
    private func refusesWindow(_ error: AgentError?, _ times: inout ComparedTimes) -> Bool {
        guard times.inNanoseconds, let error else { return false }
        guard OptionRefusals.option(refusedBy: error.observed) == "--modify-window" else { return false }
        times.inNanoseconds = false
        return true
    }

    /// Runs a pass.
    ///
    /// `times` says how to compare times, and afterwards how they were compared.
    private func session(
        _ source: SourceRoot,
        _ last: LastPass?,
        _ progress: TransferProgress,
        _ pass: inout PassState,
        _ times: inout ComparedTimes
    ) throws(AgentError) -> SessionEnd {
        var step = TargetCheckStep(volume: volume, source: source, job: job, call: call, display: display)
        step.patience = pass.patience
        step.pace = pace
        step.hasCountedDeletions = pass.hasCountedDeletions
        step.last = pass.hasChecked ? nil : last
        let check = try step.run()
        pass.hasChecked = true
        if check.hasCountedDeletions { pass.hasCountedDeletions = true }
        var options = check.options
        options.comparison.comparesNanoseconds = options.comparison.comparesNanoseconds && times.inNanoseconds
        times = ComparedTimes(inNanoseconds: options.comparison.comparesNanoseconds, grain: check.timeGrain)
        let stream: any ByteStream
        if let open = check.stream { stream = open } else { stream = try job.route.connect(for: call) }
        try note(volume.name)
        pass.sessionBegan = .now
        let observer = VolumeObserver(
            root: PrintableText.path(source.volume.absolutePath),
            display: display
        )
        if volume.kind == .cutover { observer.foresee(check.foreseen) }
        var session = ClientSession(stream: stream, options: options, observer: observer, progress: progress)
        session.stop = call.session
        session.pace = pace
        let result = session.run(module: Array(volume.module.utf8), .push([source], to: []), login: job.login)
        pass.mayHaveChanged = pass.mayHaveChanged || result.failure?.precedesChanges != true
        let tally = result.statistics.inPlace
        let refusal = tally.flatMap { tally in
            tally.refusal.map { AgentError(refused: $0, tally.refusedDeletions, of: tally.destinationEntries) }
        }
        // A target whose deletions come first ends with their refusal; what it has counted tells more than its exit code.
        let told = result.exitCode == 25 ? refusal : nil
        let verdict =
            result.failure.map { PassVerdict(failure: told ?? AgentError($0, lastWords: observer.lastWords)) }
            ?? observer.verdict(
                exitCode: result.exitCode,
                of: volume.kind,
                accepting: check.ownsTop == true ? volume.accepted : volume.accepted.union([.topDirectoryAttributes]),
                refusal: refusal
            )
        return SessionEnd(
            result: result,
            verdict: verdict,
            exceptions: observer.exceptions,
            durability: check.durability
        )
    }
}

extension EngineError {
    /// Whether the session ended before the target could change anything: it was not admitted.
    fileprivate var precedesChanges: Bool {
        switch self {
        case .noGreeting, .refused, .weakDigest: true
        case .wire, .volume, .writeBack, .rejected, .peerExit, .usage, .cancelled: false
        }
    }
}

/// How a session ended.
private struct SessionEnd {
    let result: SessionResult
    let verdict: PassVerdict
    let exceptions: (listed: [String], count: Int)
    let durability: TargetDurability
}

/// How a pass compares modification times.
private struct ComparedTimes {
    /// Whether nanoseconds are compared, if the protocol has them.
    var inNanoseconds = true
    /// The granularity of the times that the target keeps, in nanoseconds.
    var grain: Int64 = 1

    /// The granularity of the comparison, in nanoseconds.
    func grain(in dialect: Dialect) -> Int64 {
        inNanoseconds && dialect.listsNanoseconds ? grain : max(grain, 1_000_000_000)
    }
}
