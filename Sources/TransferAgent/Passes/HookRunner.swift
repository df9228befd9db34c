import AgentControl
import LinuxSystem
import RsyncEngine
import Synchronization

/// Runs the commands before and after a pass.
///
/// ## Concurrency model
/// The pass's own thread runs them; when a stop takes too long, the thread that ends the process runs those after the pass.
/// `state` says whether these were begun; `ended` closes when they have ended.
final class HookRunner: Sendable {
    /// When a command is run.
    enum Moment: String {
        case before, after
    }

    /// What became of a command.
    struct Outcome: Sendable {
        let moment: Moment
        let command: String
        let ending: HookProcess.Ending
        let isCancelled: Bool
        let elapsed: Duration
    }

    private struct State {
        var isStopped = false
        var hasBegunAfter = false
        /// When the process has to end; nil while it may stay.
        var end: ContinuousClock.Instant?
        var outcomes: [Outcome] = []
    }

    /// How long all commands after a pass may take once a stop of the process is overdue, with the time that ending them
    /// takes: with the time before that and the report after it less than the 30 s that Kubernetes grants.
    static let farewell = Duration.seconds(20)

    private let job: SourceJob
    private let processes: HookProcesses
    private let display: ProgressDisplay
    private let state = Mutex(State())
    private let ended = BoundedQueue<Never>(capacity: 1, name: "the commands after the pass")

    /// Prepares the commands of a pass.
    ///
    /// - Parameters:
    ///   - job: Its hooks.
    ///   - processes: Those of the same hooks.
    ///   - display: Shows what they print.
    init(_ job: SourceJob, _ processes: HookProcesses, display: ProgressDisplay) {
        self.job = job
        self.processes = processes
        self.display = display
    }

    /// What the commands did so far.
    var outcomes: [Outcome] { state.withLock { $0.outcomes } }

    /// Ends the command before the pass that runs, and runs no further ones.
    func stop() { state.withLock { $0.isStopped = true } }

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    /// Whether there are commands after the pass.
    var hasAfter: Bool { !job.hooks.after.isEmpty }

    /// Runs the commands before the pass, up to one that fails; blocks the calling thread.
    ///
    /// None is run unless all commands can be, those after the pass, too: an application that was brought to rest would
    /// stay so.
    ///
    /// - Returns: Why the pass must not begin; nil when it may.
    func runBefore() -> AgentError? {
        for (moment, command, process) in processes.all(of: job) {
            let isReady = process.isReady { isStopped }
            guard !isStopped else { return Self.cancelled }
            guard isReady else { return Self.unanswered(moment, command) }
        }
        for command in job.hooks.before {
            guard !isStopped else { return Self.cancelled }
            if let error = run(command, .before, left: 1) { return error }
        }
        return nil
    }

    /// Runs the commands after the pass, all of them; blocks the calling thread.
    ///
    /// A second caller waits for the first one.
    ///
    /// - Returns: The first failure; nil when there was none.
    @discardableResult
    func runAfter() -> AgentError? {
        let isFirst = state.withLock { state in
            defer { state.hasBegunAfter = true }
            return !state.hasBegunAfter
        }
        guard isFirst else {
            _ = ended.pop(within: Self.farewell)
            return nil
        }
        defer { ended.close() }
        var first: AgentError?
        for (index, command) in job.hooks.after.enumerated() {
            let error = run(command, .after, left: job.hooks.after.count - index)
            first = first ?? error
        }
        return first
    }

    /// Makes the commands after the pass end in time for the end of the process, which cannot be put off.
    func hurry() { state.withLock { $0.end = $0.end ?? .now + Self.farewell } }

    /// Until when a command may run.
    ///
    /// - Parameters:
    ///   - moment: Whether it is one before or after the pass.
    ///   - start: When it began.
    ///   - left: How many commands, itself included, share what is left once the process has to end.
    /// - Returns: That.
    private func end(
        _ moment: Moment,
        begunAt start: ContinuousClock.Instant,
        left: Int
    ) -> HookProcess.Limit {
        let usual = HookProcess.Limit(moment: start + job.hooks.limit, isLate: true)
        return state.withLock { state in
            if moment == .before, state.isStopped { return HookProcess.Limit(moment: .now, isLate: false) }
            guard moment == .after, let end = state.end else { return usual }
            let begin = max(start, end - Self.farewell)
            let share = max(.zero, end - begin) / left
            let grace = min(HookProcess.grace, share / 4)
            return HookProcess.Limit(moment: min(usual.moment, begin + share - grace), isLate: true, grace: grace)
        }
    }

    fileprivate static let cancelled = AgentError(.cancelled, "stopped on request during --before", exitCode: 20)

    fileprivate static func unanswered(_ moment: Moment, _ command: String) -> AgentError {
        let subject = "--\(moment.rawValue) \"\(PrintableText.ofPeer(command))\""
        let text =
            "\(subject) cannot be run: its shell does not answer, since it was ended or an earlier run still goes on"
        return AgentError(.hookFailed, text, exitCode: 124)
    }

    private func run(_ command: String, _ moment: Moment, left: Int) -> AgentError? {
        let start = ContinuousClock.now
        let option = "--\(moment.rawValue)"
        display.message("\(option): \(PrintableText.ofPeer(command))", .info)
        let ending = processes.process(of: command, moment, in: job).run(
            in: job.kind,
            until: { end(moment, begunAt: start, left: left) },
            show: { display.message("\(option): \($0)", .info) }
        )
        let isCancelled = moment == .before && isStopped
        let outcome = Outcome(
            moment: moment,
            command: command,
            ending: ending,
            isCancelled: isCancelled,
            elapsed: .now - start
        )
        state.withLock { $0.outcomes.append(outcome) }
        return outcome.error
    }
}

extension HookRunner.Outcome {
    /// How many of the command's last lines an error has.
    private static let shownLines = 5

    /// What is wrong; nil when the command succeeded.
    fileprivate var error: AgentError? {
        if isCancelled { return HookRunner.cancelled }
        guard ending.exitCode != 0 else { return nil }
        let subject = "--\(moment.rawValue) \"\(PrintableText.ofPeer(command))\""
        let printed = ending.lines.suffix(Self.shownLines).joined(separator: " / ")
        let words = printed.isEmpty ? "" : " (it printed: \(printed))"
        let seconds = Figures.fixed(elapsed.inSeconds)
        let code = ending.exitCode
        return switch ending.manner {
        case .usual: AgentError(.hookFailed, "\(subject) ended with exit code \(code)\(words)", exitCode: code)
        case .late: AgentError(.hookFailed, "\(subject) was ended after \(seconds) s\(words)", exitCode: 124)
        case .running:
            AgentError(.hookFailed, "\(subject) still runs after \(seconds) s, and SIGKILL\(words)", exitCode: 124)
        case .unanswered: HookRunner.unanswered(moment, command)
        }
    }

    /// For the record of the pass.
    var json: JSONValue {
        .object([
            ("hook", .text(moment.rawValue)), ("command", .text(command)),
            ("exitCode", .integer(Int64(ending.exitCode))), ("seconds", .decimal(elapsed.inSeconds)),
            ("lines", .list(ending.lines.map { .text($0) })),
        ])
    }
}
