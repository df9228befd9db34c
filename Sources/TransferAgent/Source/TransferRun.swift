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
    /// What is told to who asks for the status.
    let board: TransferBoard

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - job: What to do.
    ///   - display: Shows the progress.
    ///   - pace: Slows its sessions down, or pauses them.
    package init(_ job: SourceJob, display: ProgressDisplay, pace: SessionPace = SessionPace()) {
        self.job = job
        self.display = display
        self.pace = pace
        board = TransferBoard(job.volumes.map(\.name))
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

    /// The outcome of a volume whose turn did not come before the run was stopped.
    private func notBegun(_ volume: VolumeJob) -> VolumeOutcome {
        let error = AgentError(.cancelled, "stopped before this volume was begun", exitCode: 20)
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
    let call: CancellableCall
    let display: ProgressDisplay
    let board: TransferBoard
    let pace: SessionPace

    /// Transfers the volume, and again while its failure may pass and attempts are left.
    func run() -> VolumeOutcome {
        var attempt = 1
        var outcome = attemptOnce(isFirst: isFirst)
        while attempt < volume.attempts, let error = outcome.error, !outcome.isAccepted, error.failure.isRetryable,
            !call.isCancelled
        {
            let pause = RetryPause.after(attempt: attempt)
            let text = "volume \(volume.name): attempt \(attempt) of \(volume.attempts) failed: \(error.failure.code): "
            display.message("\(text)\(error.observed); next in \(Figures.fixed(pause.inSeconds)) s", .warning)
            guard call.mayTryAgain(before: .now + pause, after: pause) else {
                outcome = VolumeOutcome(name: volume.name, error: settled(error), elapsed: outcome.elapsed)
                break
            }
            attempt += 1
            outcome = attemptOnce(isFirst: false)
        }
        display.end(outcome)
        return outcome
    }

    private func attemptOnce(isFirst: Bool) -> VolumeOutcome {
        let start = ContinuousClock.now
        let progress = TransferProgress()
        board.begin(volume.name, progress)
        display.begin(volume.name, progress)
        let outcome: VolumeOutcome
        do throws(AgentError) {
            let source = try open()
            let ticker = try ProgressTicker(display)
            defer { ticker.stop() }
            var pass = PassState(patience: start + volume.wait)
            var times = ComparedTimes()
            var (result, observer, error, durability) = try session(source, progress, &pass, &times)
            // Our own connection before this one: of the volume before, or of the dry run that counts deletions.
            let last = pass.hasCountedDeletions ? ContinuousClock.now : start
            let deadline = isFirst && !pass.hasCountedDeletions ? start : last + CancellableCall.afterglow
            while mayRepeat(error, deadline, pass) || refusesWindow(error, &times) {
                (result, observer, error, durability) = try session(source, progress, &pass, &times)
            }
            let failure = error.map(settled)
            outcome = VolumeOutcome(
                name: volume.name,
                error: failure,
                statistics: result.statistics,
                isAccepted: observer.areAccepted(volume.accepted, exitCode: failure?.exitCode ?? 0),
                exceptions: observer.exceptions,
                timeGrain: times.grain(in: result.dialect),
                durability: durability,
                elapsed: .now - start
            )
        } catch {
            outcome = VolumeOutcome(name: volume.name, error: settled(error), elapsed: .now - start)
        }
        return outcome
    }

    /// Opens the source, once for the whole pass.
    private func open() throws(AgentError) -> SourceRoot {
        do throws(VolumeError) {
            return try SourceRoot.contents(of: volume.path)
        } catch {
            throw AgentError(source: volume.path, error)
        }
    }

    /// State that is kept between attempts.
    private struct PassState {
        /// Until when to wait for a volume that someone else writes to.
        let patience: ContinuousClock.Instant
        var hasCountedDeletions = false
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
        _ progress: TransferProgress,
        _ pass: inout PassState,
        _ times: inout ComparedTimes
    ) throws(AgentError) -> (SessionResult, VolumeObserver, AgentError?, TargetDurability) {
        var step = TargetCheckStep(volume: volume, source: source, job: job, call: call, display: display)
        step.patience = pass.patience
        step.pace = pace
        step.hasCountedDeletions = pass.hasCountedDeletions
        let verdict = try step.run()
        if verdict.hasCountedDeletions { pass.hasCountedDeletions = true }
        var options = verdict.options
        options.comparison.comparesNanoseconds = options.comparison.comparesNanoseconds && times.inNanoseconds
        times = ComparedTimes(inNanoseconds: options.comparison.comparesNanoseconds, grain: verdict.timeGrain)
        let stream: any ByteStream
        if let open = verdict.stream { stream = open } else { stream = try job.route.connect(for: call) }
        let observer = VolumeObserver(display: display)
        var session = ClientSession(stream: stream, options: options, observer: observer, progress: progress)
        session.stop = call.session
        session.pace = pace
        let result = session.run(module: Array(volume.module.utf8), .push([source], to: []), login: job.login)
        let tally = result.statistics.inPlace
        if let tally, let refusal = tally.refusal, result.exitCode == 25 {
            let refused = AgentError(refused: refusal, tally.refusedDeletions, of: tally.destinationEntries)
            return (result, observer, refused, verdict.durability)
        }
        let error =
            result.failure.map { AgentError($0, lastWords: observer.lastWords) }
            ?? AgentError(
                outcome: result.exitCode,
                exceptions: observer.exceptions.count,
                lacksOnlyLargeFiles: observer.lacksOnlyLargeFiles,
                lacksOnlyAttributes: observer.lacksOnlyAttributes
            )
        return (result, observer, error, verdict.durability)
    }
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
