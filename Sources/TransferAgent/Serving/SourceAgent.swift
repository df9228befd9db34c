package import AgentControl
import LinuxSystem
package import Logging
import RsyncEngine
import Synchronization

/// What a source agent does, and what commands over its local socket may ask of it: passes that are started, shown, slowed
/// down and stopped.
///
/// ## Concurrency model
/// One task runs passes, one after the other. The threads of commands call ``answer(_:)``; `state` is guarded by its lock,
/// which is never held while something waits.
package final class SourceAgent: Sendable {
    /// Makes a job ready for a pass, of a kind that a command asks for or of that of the job: reads passwords, certificates
    /// and settings anew.
    package typealias Preparation = @Sendable (PassKind?) throws(AgentError) -> SourceJob

    /// How long `stop` waits for the end of a pass; what a slow disk holds up may take longer.
    private static let stopLimit = Duration.seconds(60)

    private enum Stage {
        case idle
        /// The queue is closed when that has ended.
        case preparing(BoundedQueue<Never>)
        case running(SourcePass)
    }

    private struct State {
        var stage = Stage.idle
        /// Whether the pass that is being prepared must not begin.
        var isRevoked = false
        /// Whether the agent ends, and begins nothing more.
        var isEnding = false
        /// The number of the pass that was begun last.
        var number = 0
        /// The volumes of that pass.
        var board: TransferBoard?
        var last: SourcePass.End?
        /// How many passes have ended, and how many of them with another exit code than 0.
        var (ended, failed) = (0, 0)
    }

    private let start = ContinuousClock.now
    private let hooks: HookProcesses
    private let style: ProgressFormat
    private let log: Logger
    /// Makes the passes ready; nil for an agent that runs one pass and ends.
    private let prepare: Preparation?
    private let pace = SessionPace()
    private let state = Mutex(State())
    private let passes: AsyncStream<SourcePass>
    private let begin: AsyncStream<SourcePass>.Continuation

    /// Prepares an agent that runs the passes that commands start.
    ///
    /// - Parameters:
    ///   - hooks: The processes of the job's commands.
    ///   - style: How passes are shown on standard output.
    ///   - log: For errors.
    ///   - prepare: Makes a pass ready.
    package convenience init(
        hooks: HookProcesses,
        style: ProgressFormat,
        log: Logger,
        prepare: @escaping Preparation
    ) {
        self.init(hooks, style, log, prepare)
    }

    /// Prepares an agent that runs one pass.
    ///
    /// - Parameters:
    ///   - job: What to do.
    ///   - hooks: The processes of its commands.
    ///   - style: How the pass is shown on standard output.
    ///   - log: For errors.
    /// - Throws: ``AgentError`` when the pass cannot be prepared.
    package convenience init(
        _ job: SourceJob,
        hooks: HookProcesses,
        style: ProgressFormat,
        log: Logger
    ) throws(AgentError) {
        self.init(hooks, style, log, nil)
        _ = try enter(job)
    }

    private init(_ hooks: HookProcesses, _ style: ProgressFormat, _ log: Logger, _ prepare: Preparation?) {
        self.hooks = hooks
        self.style = style
        self.log = log
        self.prepare = prepare
        (passes, begin) = AsyncStream.makeStream()
    }

    /// Runs its one pass, or the passes that commands start until the task is cancelled.
    ///
    /// - Returns: What the one pass came to; of an agent that serves, that of a pass that the cancellation interrupted, with
    ///   exit code 20, or how many passes there were.
    package func run() async -> TerminationReport {
        if prepare == nil, case .running(let pass) = state.withLock({ $0.stage }) {
            return await run(pass).report
        }
        let interrupted = await withTaskCancellationHandler {
            await serve()
        } onCancel: {
            state.withLock { $0.isEnding = true }
        }
        if let interrupted { return interrupted }
        let (ended, failed) = state.withLock { ($0.ended, $0.failed) }
        return TerminationReport(
            of: "dvm-source",
            nil,
            counts: [("passes", Int64(ended)), ("passesFailed", Int64(failed))]
        )
    }

    /// Runs passes until the task is cancelled.
    ///
    /// - Returns: The report of a pass that the cancellation interrupted; nil if there is none.
    private func serve() async -> TerminationReport? {
        var interrupted: TerminationReport?
        for await pass in passes {
            let end = await run(pass)
            show(end)
            guard Task.isCancelled else { continue }
            interrupted = end.interruption
            break
        }
        // A pass that was begun just before the cancellation ends at once, and its command is told.
        guard case .running(let pass) = state.withLock({ $0.stage }) else { return interrupted }
        let end = await run(pass)
        show(end)
        return interrupted ?? end.interruption
    }

    private func show(_ end: SourcePass.End) {
        log.notice("pass \(end.number) ended: \(end.verdict)")
        if style == .json { StandardStream.output.write(ProgressEvent.ended(end.report)) }
    }

    private func run(_ pass: SourcePass) async -> SourcePass.End {
        let end = await pass.complete()
        state.withLock { state in
            pace.resume()
            state.stage = .idle
            state.last = end
            state.ended += 1
            state.failed += end.report.exitCode == 0 ? 0 : 1
        }
        pass.announceEnd()
        return end
    }

    /// Lets the commands after the running pass end, when a stop takes too long; blocks the calling thread for a while.
    package func finishHooks() {
        if case .running(let pass) = state.withLock({ $0.stage }) { pass.run.finishHooks() }
    }

    /// Makes a job the running pass; nil if it must not begin any more.
    private func enter(_ job: SourceJob) throws(AgentError) -> SourcePass? {
        let viewers = ProgressViewers()
        let display = ProgressDisplay(style: style, log: log, viewers: viewers)
        let run = try PassRun(job, hooks: hooks, display: display, pace: pace)
        return state.withLock { state in
            guard !state.isRevoked, !state.isEnding else { return nil }
            state.number += 1
            let pass = SourcePass(state.number, run, viewers)
            state.stage = .running(pass)
            state.board = run.board
            return pass
        }
    }

    // MARK: requests

    /// Answers the requests of commands.
    package func answer(_ request: LocalRequest) -> LocalReply {
        do throws(AgentError) {
            switch request.name {
            case "status": return .answer(status)
            case "start":
                let kind = try Self.kind(request)
                guard request["wait"]?.asFlag == true else {
                    try startPass(kind)
                    return .answer(status)
                }
                let viewer = Self.viewer(request)
                return Self.follow(try startPass(kind, viewer), viewer)
            case "attach":
                let (pass, viewer) = (try running("attach to"), Self.viewer(request))
                pass.viewers.add(viewer)
                return Self.follow(pass, viewer)
            case "stop": return stopPass()
            case "pause":
                try change("pause") { pace.pause() }
                return .answer(status)
            case "resume":
                try change("resume") { pace.resume() }
                return .answer(status)
            case "limit":
                pace.limit = try Self.limit(request)
                return .answer(status)
            default: return .unknown
            }
        } catch {
            return .answer(error.refusal)
        }
    }

    /// Begins a pass, which `viewer` follows from the beginning.
    @discardableResult
    private func startPass(_ kind: PassKind?, _ viewer: ProgressViewer? = nil) throws(AgentError) -> SourcePass {
        guard let prepare else {
            throw AgentError(.passRunning, "this agent was started for one pass", exitCode: 4)
        }
        let preparation = BoundedQueue<Never>(capacity: 1, name: "the preparation of a pass")
        try claim(preparation)
        defer { preparation.close() }
        do throws(AgentError) {
            guard let pass = try enter(try prepare(kind)) else {
                throw AgentError(.cancelled, "the pass was stopped before it began", exitCode: 20)
            }
            if let viewer { pass.viewers.add(viewer) }
            begin.yield(pass)
            return pass
        } catch {
            state.withLock { $0.stage = .idle }
            throw error
        }
    }

    /// Takes the agent for a pass that is about to be prepared.
    private func claim(_ preparation: BoundedQueue<Never>) throws(AgentError) {
        let reason = state.withLock { state -> String? in
            if state.isEnding { return "the agent is ending" }
            switch state.stage {
            case .preparing: return "another pass is being started"
            case .running: return "pass \(state.number) has not ended"
            case .idle:
                (state.stage, state.isRevoked) = (.preparing(preparation), false)
                return nil
            }
        }
        if let reason { throw AgentError(.passRunning, reason, exitCode: 4) }
    }

    private func running(_ purpose: String) throws(AgentError) -> SourcePass {
        guard case .running(let pass) = state.withLock({ $0.stage }) else {
            throw AgentError(.noPass, "there is no pass to \(purpose)", exitCode: 4)
        }
        return pass
    }

    /// Changes the running pass, which does not end meanwhile.
    private func change(_ purpose: String, _ action: () -> Void) throws(AgentError) {
        let isRunning = state.withLock { state in
            guard case .running = state.stage else { return false }
            action()
            return true
        }
        if !isRunning { throw AgentError(.noPass, "there is no pass to \(purpose)", exitCode: 4) }
    }

    /// The kind of pass that a request asks for; nil for that of the job.
    private static func kind(_ request: LocalRequest) throws(AgentError) -> PassKind? {
        guard let word = request["kind"]?.asText else { return nil }
        guard let kind = PassKind(rawValue: word) else {
            throw AgentError(.badSetting, "\(PrintableText.ofPeer(word)) is no kind of pass", exitCode: 1)
        }
        return kind
    }

    private static func viewer(_ request: LocalRequest) -> ProgressViewer {
        let style = request["progress"]?.asText.flatMap(ProgressFormat.init(rawValue:)) ?? .lines
        let columns = Int(clamping: request["columns"]?.asInteger ?? 80)
        return ProgressViewer(style: style, columns: min(max(columns, 20), 1000))
    }

    private static func follow(_ pass: SourcePass, _ viewer: ProgressViewer) -> LocalReply {
        .conversation { pass.show(to: $0, viewer) }
    }

    private func stopPass() -> LocalReply {
        let stage = state.withLock { state in
            state.isRevoked = true
            return state.stage
        }
        switch stage {
        case .idle: return .answer(status)
        case .preparing(let preparation):
            return .conversation { [self] talk in
                if talk.await(preparation, within: Self.stopLimit, "a pass that is being started") {
                    _ = talk.send(status)
                }
            }
        case .running(let pass):
            log.notice("pass \(pass.number) is stopped on request")
            pass.stop()
            return .conversation { pass.awaitEnd(for: $0, within: Self.stopLimit) }
        }
    }

    /// The limit of a request in KiB/s; nil for that of the job.
    private static func limit(_ request: LocalRequest) throws(AgentError) -> Int64? {
        let text = request["rate"]?.asText ?? ""
        return text == ratesOfJob ? nil : try BandwidthRate(parsing: text, of: "limit").kibibytesPerSecond
    }

    /// What stands for the rates of the job in place of a limit.
    package static let ratesOfJob = "job"

    private var status: [(String, JSONValue)] {
        let (stage, number, board, last) = state.withLock { ($0.stage, $0.number, $0.board, $0.last) }
        let word =
            switch stage {
            case .idle: prepare == nil && last != nil ? "ended" : "idle"
            case .preparing: "starting"
            case .running(let pass): pass.isStopping ? "stopping" : "running"
            }
        return LocalControl.members("dvm-source", word, since: start) + [
            ("serving", .flag(prepare != nil)), ("pass", .integer(Int64(number))), ("paused", .flag(pace.isPaused)),
            ("limitBytesPerSecond", pace.limit.map { .integer($0.multipliedClamped(by: 1024)) } ?? .null),
            ("kind", board?.kind.map { .text($0.rawValue) } ?? .null),
            ("volumes", .list(board?.volumes ?? [])), ("last", last.map { .object($0.members) } ?? .null),
        ]
    }
}

extension SourcePass.End {
    /// Its report if it was stopped, whatever else failed in it; nil if it had ended by itself.
    var interruption: TerminationReport? {
        result.outcomes.first { $0.error?.failure == .cancelled }.map { TerminationReport(result, decidedBy: $0) }
    }

    /// For people, such as `incomplete (exit code 20) after 3.21 s`.
    fileprivate var verdict: String {
        "\(report.outcome.rawValue) (exit code \(report.exitCode)) after \(Figures.fixed(elapsed.inSeconds)) s"
    }
}
