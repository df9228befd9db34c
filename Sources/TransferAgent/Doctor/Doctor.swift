import LinuxSystem
import RsyncEngine
import SecureTunnel
import Transport

/// Walks the road to a target a rung at a time and stops at the first broken one.
///
/// It connects as a transfer would, with the same code and the same words for what goes wrong, and changes nothing: the
/// volume is asked for with a dry run.
public struct Doctor: Sendable {
    /// What is tried besides what every transfer needs.
    public struct Trials: Sendable {
        /// For how long bytes without meaning are sent; zero for not at all.
        public var throughput = Duration.seconds(3)
        /// For how long a connection is left alone; nil for not at all.
        public var idle: Duration?

        /// Three seconds of throughput, no idle connection.
        public init() {}
    }

    let job: TransferJob
    let trials: Trials
    private let display: DoctorDisplay

    /// Checks the settings; nothing is connected.
    ///
    /// - Parameters:
    ///   - settings: Those of a transfer.
    ///   - trials: What to try besides.
    ///   - display: Shows each rung.
    /// - Throws: ``AgentError`` for the first setting that cannot be used.
    public init(_ settings: TransferSettings, trials: Trials = Trials(), display: DoctorDisplay) throws(AgentError) {
        job = try TransferJob(settings)
        self.trials = trials
        self.display = display
    }

    /// What a person should know before it begins, one line each, as a transfer would say it.
    public var warnings: [String] { job.warnings }

    /// Takes the road.
    ///
    /// - Returns: What is wrong with the first broken rung; nil when all of them hold.
    public func run() async -> AgentError? {
        let failure: AgentError?
        do throws(AgentError) {
            let call = try CancellableCall.make()
            failure = try await onThread("dvm-doctor", cancel: call.cancel) { walk(call) }
        } catch {
            failure = error
        }
        display.end(failure)
        return failure
    }

    /// Blocks the calling thread.
    private func walk(_ call: CancellableCall) -> AgentError? {
        let notes = RungNotes(display: display)
        do throws(AgentError) {
            let stream = try RoadWalk(route: job.route, call: call, notes: notes).run()
            try VisitWalk(doctor: self, call: call, notes: notes).run(over: stream)
            return nil
        } catch {
            let failure = call.isCancelled ? AgentError(.cancelled, "stopped on request", exitCode: 20) : error
            notes.fail(failure)
            return failure
        }
    }
}
