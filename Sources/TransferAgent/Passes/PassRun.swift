import LinuxSystem
package import RsyncEngine

/// A pass over the volumes of a job, with all that belongs to it.
package struct PassRun: Sendable {
    private let run: TransferRun
    private let display: ProgressDisplay
    private let hooks: HookRunner?
    private let recording: PassRecording?
    /// Closes when the pass has ended.
    private let ended = BoundedQueue<Never>(capacity: 1, name: "end of the pass")

    /// What is told to who asks for the status.
    var board: TransferBoard { run.board }

    /// Prepares a pass.
    ///
    /// - Parameters:
    ///   - job: What to do.
    ///   - hooks: The processes of its commands; nil for a job without any.
    ///   - display: Shows the progress.
    ///   - pace: Slows its sessions down, or pauses them.
    /// - Throws: ``AgentError`` when the record of the pass before cannot be read.
    package init(
        _ job: SourceJob,
        hooks: HookProcesses? = nil,
        display: ProgressDisplay,
        pace: SessionPace = SessionPace()
    ) throws(AgentError) {
        let last = try job.recordFile.map { (path) throws(AgentError) in
            try LastPass(file: path, target: "\(job.route.target)")
        }
        run = TransferRun(job, display: display, after: last, pace: pace)
        self.display = display
        self.hooks = job.hooks.isEmpty ? nil : hooks.map { HookRunner(job, $0, display: display) }
        recording = job.recordFile.flatMap { path in last.map { PassRecording(path, PassRecord(job, after: $0)) } }
    }

    /// Runs the pass.
    ///
    /// - Returns: How it ended.
    package func run() async -> PassResult {
        defer { ended.close() }
        do throws(AgentError) {
            try recording?.begin()
        } catch {
            return PassResult(run.abandon(error))
        }
        var result = await transfer()
        if let failure = result.failure { display.message("dvm-source: \(failure)", .error) }
        do throws(AgentError) {
            try recording?.end(result)
        } catch {
            display.message("dvm-source: \(error)", .error)
            result.failure = result.failure ?? error
        }
        return result
    }

    /// Lets the commands after the pass end, or runs them, when a stop of the process is overdue; blocks the calling thread,
    /// which then ends the process, for ``HookRunner/farewell`` and as long as the main thread may need to report.
    package func finishHooks() {
        guard let hooks, hooks.hasAfter else { return }
        hooks.hurry()
        hooks.runAfter()
        _ = ended.pop(within: Self.reportLimit)
        _ = BoundedQueue<Never>(capacity: 1, name: "the report of the pass").pop(within: Self.reportLimit)
    }

    /// How long what follows the commands after a pass may take.
    private static let reportLimit = Duration.seconds(2)

    private func transfer() async -> PassResult {
        let run = run.noting { (volume) throws(AgentError) in try recording?.beginSession(volume) }
        guard let hooks else { return PassResult(await run.run()) }
        let thread: HookThread
        do throws(AgentError) {
            thread = try HookThread()
        } catch {
            return PassResult(run.abandon(error))
        }
        let refusal = await thread.run(cancel: hooks.stop) { hooks.runBefore() }
        let outcomes = if let refusal { run.abandon(refusal) } else { await run.run() }
        // An application must not stay at rest because the pass was stopped.
        let failure = await thread.run(cancel: hooks.stop) { hooks.runAfter() }
        return PassResult(outcomes, failure: failure, hooks: hooks.outcomes)
    }
}
