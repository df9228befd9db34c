import LinuxSystem
import RsyncEngine
import SecureTunnel
package import TransferAgent
import Transport

/// Checks the connection to a target step by step and stops at the first check that fails.
///
/// It connects as a transfer would, with the same code and the same error messages, and changes nothing: the
/// volume is accessed with a dry run.
package struct Doctor: Sendable {
    /// Additional tests.
    package struct Trials: Sendable {
        /// The duration of the throughput test; zero for none.
        package var throughput = Duration.seconds(3)
        /// The duration of the idle test; nil for none.
        package var idle: Duration?

        /// Three seconds of throughput, no idle connection.
        package init() {}
    }

    let job: SourceJob
    let trials: Trials
    private let display: DoctorDisplay

    /// Checks the settings; nothing is connected.
    ///
    /// - Parameters:
    ///   - settings: The settings of a transfer.
    ///   - trials: The additional tests.
    ///   - display: Shows each check.
    /// - Throws: ``AgentError`` for the first setting that cannot be used.
    package init(_ settings: TransferSettings, trials: Trials = Trials(), display: DoctorDisplay) throws(AgentError) {
        job = try SourceJob(settings)
        self.trials = trials
        self.display = display
    }

    /// The warnings that a transfer would print before it begins, one line each.
    package var warnings: [String] { job.warnings }

    /// Runs the checks.
    ///
    /// - Returns: The failure of the first check that did not pass; nil when all passed.
    package func run() async -> AgentError? {
        let failure: AgentError?
        do throws(AgentError) {
            let call = try CancellableCall.make()
            failure = try await onThread("dvm-doctor", cancel: call.cancel) { check(call) }
        } catch {
            failure = error
        }
        display.end(failure)
        return failure
    }

    /// Blocks the calling thread.
    private func check(_ call: CancellableCall) -> AgentError? {
        let recorder = CheckRecorder(display: display)
        do throws(AgentError) {
            let stream = try TunnelChecks(route: job.route, call: call, recorder: recorder).run()
            try DaemonChecks(doctor: self, call: call, recorder: recorder).run(over: stream)
            return nil
        } catch {
            let failure = call.isCancelled ? AgentError(.cancelled, "stopped on request", exitCode: 20) : error
            recorder.fail(failure)
            return failure
        }
    }
}
