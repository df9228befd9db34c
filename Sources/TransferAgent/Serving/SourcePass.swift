import AgentControl
import LinuxSystem
import Synchronization

/// One pass of a source agent: what runs, who follows it, and its end.
///
/// ## Concurrency model
/// The agent's task runs it, the threads of commands stop it and wait for its end. `state` is guarded by its lock; `ended`
/// is closed once, after the end is known and has been shown.
final class SourcePass: Sendable {
    private struct State {
        var task: Task<PassResult, Never>?
        var isStopping = false
        var end: End?
    }

    /// How a pass ended.
    struct End: Sendable {
        let number: Int
        let result: PassResult
        let elapsed: Duration
        /// Its kind; nil for none in particular.
        var kind: PassKind?

        /// What it came to.
        var report: TerminationReport { TerminationReport(result) }

        /// The members of a JSON object (docs/schemas/source-status.schema.json).
        var members: [(String, JSONValue)] {
            [
                ("pass", .integer(Int64(number))), ("kind", kind.map { .text($0.rawValue) } ?? .null),
                ("elapsedSeconds", .decimal(elapsed.inSeconds)),
            ] + report.ending(reasonLimit: 1000)
        }
    }

    let number: Int
    let run: PassRun
    let viewers: ProgressViewers
    private let start = ContinuousClock.now
    private let state = Mutex(State())
    private let ended = BoundedQueue<Never>(capacity: 1, name: "end of a pass")

    init(_ number: Int, _ run: PassRun, _ viewers: ProgressViewers) {
        self.number = number
        self.run = run
        self.viewers = viewers
    }

    /// Runs it; cancellation of the calling task stops it, as ``stop()`` does.
    func complete() async -> End {
        let run = run
        let task = Task { await run.run() }
        let isStopping = state.withLock { state in
            state.task = task
            return state.isStopping
        }
        if isStopping { task.cancel() }
        let result = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            stop()
        }
        let end = End(number: number, result: result, elapsed: .now - start, kind: run.board.kind)
        state.withLock { $0.end = end }
        viewers.close()
        return end
    }

    /// Says to everybody who waits that it has ended; called after the agent has noted its end.
    func announceEnd() { ended.close() }

    /// How it ended; nil before.
    var end: End? { state.withLock { $0.end } }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Ends it in an orderly way.
    func stop() {
        let task = state.withLock { state in
            state.isStopping = true
            return state.task
        }
        task?.cancel()
    }

    // MARK: conversations

    /// Shows the pass to a command until its end, or until the command is gone.
    ///
    /// - Parameters:
    ///   - talk: The conversation with the command.
    ///   - viewer: One of ``viewers``, which has collected what it is shown since the command asked.
    func show(to talk: LocalConversation, _ viewer: ProgressViewer) {
        guard talk.send([("pass", .integer(Int64(number)))]) else { return }
        var next = ContinuousClock.now + viewer.interval
        while true {
            switch viewer.texts.take(within: max(.zero, next - .now)) {
            case .element(let text):
                guard talk.send([(text.name, .text(text.text))]) else { return }
            case .timedOut: break
            case .closed:
                if viewer.style == .json, let report = end?.report {
                    guard talk.send([("output", .text(ProgressEvent.ended(report)))]) else { return }
                }
                return tellEnd(to: talk)
            }
            guard next <= .now else { continue }
            next = .now + viewer.interval
            viewer.tick()
            let lost = viewer.texts.takeLost()
            let note = "\(counted(lost, "line")) left out: the reader is too slow\n"
            // An empty message tells a command that shows nothing that the agent is there.
            guard talk.send(lost > 0 ? [("log", .text(note))] : []) else { return }
        }
    }

    /// Waits for the end and tells a command.
    ///
    /// - Parameters:
    ///   - talk: The conversation with the command.
    ///   - limit: The longest wait.
    func awaitEnd(for talk: LocalConversation, within limit: Duration) {
        guard talk.send([("pass", .integer(Int64(number)))]) else { return }
        if talk.await(ended, within: limit, "pass \(number)") { tellEnd(to: talk) }
    }

    private func tellEnd(to talk: LocalConversation) {
        // The agent notes the end before it answers a status that a command asks for next.
        _ = ended.pop(within: LocalConversation.look)
        guard let end else { return }
        _ = talk.send([("ended", .object(end.members))])
    }
}

extension LocalConversation {
    /// How often somebody who waits is heard.
    fileprivate static let look = Duration.seconds(1)

    /// Waits for the end of what was told to stop, and tells a command that it takes too long.
    ///
    /// - Parameters:
    ///   - end: Closed at the end.
    ///   - limit: The longest wait.
    ///   - subject: What was told to stop.
    /// - Returns: Whether it has ended and the command is still there.
    func await(_ end: BoundedQueue<Never>, within limit: Duration, _ subject: String) -> Bool {
        let deadline = ContinuousClock.now + limit
        while case .timedOut = end.pop(within: Self.look) {
            guard send([]) else { return false }
            guard .now < deadline else {
                let text = "\(subject) was told to stop \(Int(limit.inSeconds)) s ago and has not ended"
                _ = send(AgentError(.stopOverdue, text, exitCode: 30).refusal)
                return false
            }
        }
        return true
    }
}
