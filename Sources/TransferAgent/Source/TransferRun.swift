import LinuxSystem
import RsyncEngine
import Transport
import VolumeAccess

/// A transfer job under way.
public struct TransferRun: Sendable {
    private let job: TransferJob
    private let display: ProgressDisplay

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - job: What to do.
    ///   - display: Shows how far it is.
    public init(_ job: TransferJob, display: ProgressDisplay) {
        self.job = job
        self.display = display
    }

    /// Transfers the volumes one after the other, each over a connection of its own.
    ///
    /// A volume that fails does not keep the next one from its turn; cancellation of the task does.
    ///
    /// - Returns: What became of each volume that was begun.
    public func run() async -> [VolumeOutcome] {
        var outcomes: [VolumeOutcome] = []
        for volume in job.volumes {
            guard outcomes.isEmpty || !Task.isCancelled else { break }
            outcomes.append(await transfer(volume))
        }
        return outcomes
    }

    private func transfer(_ volume: VolumeMapping) async -> VolumeOutcome {
        do throws(AgentError) {
            let call = try CancellableCall.make()
            return try await onThread("dvm-transfer", cancel: call.cancel) {
                VolumeTransfer(volume: volume, job: job, call: call, display: display).run()
            }
        } catch {
            let outcome = VolumeOutcome(name: volume.name, error: error, elapsed: .zero)
            display.end(outcome)
            return outcome
        }
    }
}

extension CancellableCall {
    static func make() throws(AgentError) -> CancellableCall {
        do throws(SystemError) {
            return try CancellableCall()
        } catch {
            throw AgentError(.noResources, "\(error)", exitCode: 14)
        }
    }
}

/// The transfer of one volume, on a thread that it may block.
private struct VolumeTransfer {
    let volume: VolumeMapping
    let job: TransferJob
    let call: CancellableCall
    let display: ProgressDisplay

    func run() -> VolumeOutcome {
        let start = ContinuousClock.now
        let progress = TransferProgress()
        let observer = VolumeObserver(display: display)
        display.begin(volume.name, progress)
        let outcome: VolumeOutcome
        do throws(AgentError) {
            let ticker = try ProgressTicker(display)
            defer { ticker.stop() }
            let result = try session(observer, progress)
            let error =
                result.failure.map { AgentError($0, lastWords: observer.lastWords) }
                ?? AgentError(outcome: result.exitCode, exceptions: observer.exceptions.count)
            outcome = VolumeOutcome(
                name: volume.name,
                error: error.map(settled),
                statistics: result.statistics,
                exceptions: observer.exceptions,
                elapsed: .now - start
            )
        } catch {
            outcome = VolumeOutcome(name: volume.name, error: settled(error), elapsed: .now - start)
        }
        display.end(outcome)
        return outcome
    }

    /// Whatever broke after a cancellation broke because of it.
    private func settled(_ error: AgentError) -> AgentError {
        call.isCancelled ? AgentError(.cancelled, "stopped on request", exitCode: 20) : error
    }

    private func session(
        _ observer: VolumeObserver,
        _ progress: TransferProgress
    ) throws(AgentError) -> SessionResult {
        let source: SourceRoot
        do throws(VolumeError) {
            source = try SourceRoot.contents(of: volume.path)
        } catch {
            throw AgentError(source: volume.path, error)
        }
        let verdict = try TargetCheckStep(volume: volume, job: job, call: call, display: display).run()
        let stream: any ByteStream
        if let open = verdict.stream { stream = open } else { stream = try job.route.connect(for: call) }
        let session = ClientSession(stream: stream, options: verdict.options, observer: observer, progress: progress)
        return session.run(module: Array(volume.name.utf8), .push([source], to: []), login: job.login)
    }
}
