import AgentControl
import LinuxSystem
import RsyncEngine
import RsyncOptions
import Synchronization
import TransferAgent
import Transport

/// The last checks: the throughput, and whether anything on the connection path cuts idle connections.
///
/// A dvm-target is tested over its control channel. A stock one is tested within a session that changes
/// nothing, with the means of rsync's protocol.
struct TrialChecks {
    /// The preceding checks.
    let daemon: DaemonChecks
    /// The volume whose session is used with a stock target.
    let volume: VolumeJob
    let source: SourceRoot
    let isStock: Bool

    /// The most that is sent to measure the throughput: the link may be others', too.
    private static let mostBytes: Int64 = 256 << 20

    private var recorder: CheckRecorder { daemon.recorder }
    private var trials: Doctor.Trials { daemon.doctor.trials }

    /// Runs them.
    ///
    /// - Throws: ``AgentError`` of the check that failed, which is still the current one of `recorder`.
    func run() throws(AgentError) {
        if trials.throughput > .zero {
            recorder.begin(.throughput)
            if isStock { try measureSession() } else { try measureTunnel() }
        } else {
            recorder.skip(.throughput, because: "not requested")
        }
        guard let duration = trials.idle else {
            return recorder.skip(.idle, because: "not requested (--idle SECONDS)")
        }
        recorder.begin(.idle)
        if isStock { try idleInSession(for: duration) } else { try idleInTunnel(for: duration) }
    }

    // MARK: throughput

    private func measureTunnel() throws(AgentError) {
        let client = try daemon.callControl()
        defer { client.close() }
        let found: Throughput
        do throws(ControlError) {
            found = try client.throughput(
                for: trials.throughput,
                atMost: Self.mostBytes,
                kibibytesPerSecond: volume.options.wire.bandwidthLimit
            )
        } catch {
            throw AgentError(error)
        }
        recorder.pass(
            "\(words(found.arrived)) received by the target, \(words(found.sent)) sent:"
                + " zeros through TLS, without rsync or disk I/O"
        )
    }

    private func words(_ figure: Throughput.Figure) -> String {
        "\(Figures.rate(figure.rate)) (\(Figures.bytes(figure.bytes)) in \(Figures.fixed(figure.duration.inSeconds)) s)"
    }

    private func measureSession() throws(AgentError) {
        let figures = TrialFigures()
        try visit(timeout: trials.throughput + daemon.patience) { (line) throws(EngineError) in
            guard line.takesEmptyFrames else { return }
            let start = ContinuousClock.now
            figures.note(start: start, bytes: try line.send(for: trials.throughput, atMost: Self.mostBytes))
        }
        guard let (start, bytes) = figures.noted else {
            return recorder.skip(.throughput, because: "the target does not support the throughput test")
        }
        // The session has ended, so the target has read all of it.
        let taken = Throughput.Figure(bytes: bytes, duration: max(.now - start, .milliseconds(1)))
        recorder.pass(
            "at least \(words(taken)), measured until the stock target had received it, which reports no rate:"
                + " empty frames through TLS and its rsync, without disk I/O"
        )
    }

    // MARK: idleness

    private func idleInTunnel(for duration: Duration) throws(AgentError) {
        let client = try daemon.callControl(isQuiet: true)
        defer { client.close() }
        let start = ContinuousClock.now
        do throws(ControlError) {
            pass(try client.keepQuiet(for: duration, patience: daemon.patience), "neither side sent a byte")
        } catch {
            switch error {
            case .unknownRequest: recorder.skip(.idle, because: "the target does not support the idle test")
            case .stopped: throw AgentError(error)
            case .transport, .ended, .silent, .broken, .unusable, .loginRefused, .refused:
                throw cut(AgentError(error), after: start, of: duration)
            }
        }
    }

    private func idleInSession(for duration: Duration) throws(AgentError) {
        let figures = TrialFigures()
        do throws(AgentError) {
            // A stock receiver sends a keep-alive after half of this time, which is after the idle test.
            try visit(timeout: duration * 2 + daemon.patience) { (line) throws(EngineError) in
                figures.note(start: .now, bytes: 0)
                _ = line.hold(for: duration)
            }
        } catch {
            guard let start = figures.noted?.start else { throw error }
            throw cut(error, after: start, of: duration)
        }
        pass(duration, "this end sent nothing, and a stock target is not expected to")
    }

    private func pass(_ duration: Duration, _ how: String) {
        recorder.pass("a connection can be idle for \(Figures.fixed(duration.inSeconds)) s: \(how)")
    }

    private func cut(_ error: AgentError, after start: ContinuousClock.Instant, of duration: Duration) -> AgentError {
        guard !daemon.call.isCancelled else { return error }
        let (wanted, got) = (Figures.fixed(duration.inSeconds), Figures.fixed((ContinuousClock.now - start).inSeconds))
        let text = "a connection was cut after \(got) of \(wanted) idle seconds: \(error.observed)"
        return AgentError(.idleCut, text, exitCode: error.exitCode)
    }

    // MARK: sessions

    /// Connects and logs in again without reporting it, and runs `work` in the session.
    private func visit(
        timeout: Duration,
        _ work: @escaping @Sendable (VisitLine) throws(EngineError) -> Void
    ) throws(AgentError) {
        let deadline = ContinuousClock.now + CancellableCall.afterglow
        var failure: AgentError?
        repeat {
            let stream = try daemon.job.route.connect(for: daemon.call)
            failure = daemon.session(volume, source, over: stream, timeout: timeout, onStep: { _ in }, work: work)
        } while failure?.failure == .targetBusy && daemon.call.mayTryAgain(before: deadline)
        if let failure { throw failure }
    }
}

/// The result of a test.
///
/// ## Concurrency model
/// `value` is set by the session's thread and read after it has ended.
private final class TrialFigures: Sendable {
    private let value = Mutex<(start: ContinuousClock.Instant, bytes: Int64)?>(nil)

    func note(start: ContinuousClock.Instant, bytes: Int64) { value.withLock { $0 = (start, bytes) } }

    var noted: (start: ContinuousClock.Instant, bytes: Int64)? { value.withLock { $0 } }
}
