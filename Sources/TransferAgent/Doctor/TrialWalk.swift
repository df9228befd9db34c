import RsyncEngine
import Synchronization
import Transport

/// The last rungs: how much goes through, and whether the road leaves a quiet connection alone.
///
/// A target of our kind is asked over its control channel. A stock one is tried in the middle of a session that changes
/// nothing, with what rsync's protocol has.
struct TrialWalk {
    /// The walk before.
    let visits: VisitWalk
    let isStock: Bool

    private var notes: RungNotes { visits.notes }
    private var trials: Doctor.Trials { visits.doctor.trials }

    /// Takes them with the first volume.
    ///
    /// - Throws: ``AgentError`` of the first broken rung, which `notes` still stands on.
    func run() throws(AgentError) {
        guard let volume = visits.job.volumes.first else { return }
        if trials.throughput > .zero {
            notes.begin(.throughput)
            if isStock { try measureSession(volume) } else { try measureTunnel() }
        } else {
            notes.skip(.throughput, because: "not asked for")
        }
        guard let duration = trials.idle else {
            return notes.skip(.idle, because: "not asked for: --idle SECONDS")
        }
        notes.begin(.idle)
        if isStock { try idleInSession(volume, for: duration) } else { try idleInTunnel(for: duration) }
    }

    // MARK: throughput

    private func measureTunnel() throws(AgentError) {
        let client = try visits.callControl()
        defer { client.close() }
        let found: Throughput
        do throws(ControlError) {
            found = try client.throughput(for: trials.throughput)
        } catch {
            throw AgentError(error)
        }
        notes.hold(
            "\(words(found.arrived)) at the target, \(words(found.sent)) sent from here:"
                + " zeros through TLS, without rsync and without a disk"
        )
    }

    private func words(_ figure: Throughput.Figure) -> String {
        "\(Figures.rate(figure.rate)) (\(Figures.bytes(figure.bytes)) in \(Figures.fixed(figure.duration.inSeconds)) s)"
    }

    private func measureSession(_ volume: VolumeMapping) throws(AgentError) {
        let figures = TrialFigures()
        try visit(volume, timeout: trials.throughput + visits.patience) { (line) throws(EngineError) in
            guard line.takesEmptyFrames else { return }
            let start = ContinuousClock.now
            figures.note(start: start, bytes: try line.send(for: trials.throughput))
        }
        guard let (start, bytes) = figures.noted else {
            return notes.skip(.throughput, because: "the target is too old to be sent bytes without meaning")
        }
        // The session has ended, so the target has taken all of it.
        let taken = Throughput.Figure(bytes: bytes, duration: max(.now - start, .milliseconds(1)))
        notes.hold(
            "at least \(words(taken)), sent from here until the stock target had taken it, which tells no figure itself:"
                + " empty frames through TLS and its rsync, without a disk"
        )
    }

    // MARK: idleness

    private func idleInTunnel(for duration: Duration) throws(AgentError) {
        let client = try visits.callControl(isQuiet: true)
        defer { client.close() }
        let start = ContinuousClock.now
        do throws(ControlError) {
            hold(try client.keepQuiet(for: duration, patience: visits.patience), "neither side sent a byte")
        } catch {
            switch error {
            case .unknownRequest: notes.skip(.idle, because: "the target is too old to be silent on request")
            case .transport, .ended, .silent, .broken, .unusable, .loginRefused, .refused:
                throw cut(AgentError(error), after: start, of: duration)
            }
        }
    }

    private func idleInSession(_ volume: VolumeMapping, for duration: Duration) throws(AgentError) {
        let figures = TrialFigures()
        do throws(AgentError) {
            // A stock receiver shows that it lives at half of this: after the silence.
            try visit(volume, timeout: duration * 2 + visits.patience) { (line) throws(EngineError) in
                figures.note(start: .now, bytes: 0)
                _ = line.hold(for: duration)
            }
        } catch {
            guard let start = figures.noted?.start else { throw error }
            throw cut(error, after: start, of: duration)
        }
        hold(duration, "nothing was sent from here, nor by a stock target as far as is known")
    }

    private func hold(_ duration: Duration, _ how: String) {
        notes.hold("a connection may be quiet for \(Figures.fixed(duration.inSeconds)) s: \(how)")
    }

    private func cut(_ error: AgentError, after start: ContinuousClock.Instant, of duration: Duration) -> AgentError {
        guard !visits.call.isCancelled else { return error }
        let (wanted, got) = (Figures.fixed(duration.inSeconds), Figures.fixed((ContinuousClock.now - start).inSeconds))
        let text = "a connection that was to be quiet for \(wanted) s was cut after \(got) s: \(error.observed)"
        return AgentError(.idleCut, text, exitCode: error.exitCode)
    }

    // MARK: sessions

    /// Takes the whole road once more, without a word, and does something at its end.
    private func visit(
        _ volume: VolumeMapping,
        timeout: Duration,
        _ work: @escaping @Sendable (VisitLine) throws(EngineError) -> Void
    ) throws(AgentError) {
        let source = try visits.open(volume)
        let deadline = ContinuousClock.now + CancellableCall.afterglow
        var failure: AgentError?
        repeat {
            let stream = try visits.job.route.connect(for: visits.call)
            failure = visits.session(volume, source, over: stream, timeout: timeout, onStep: { _ in }, work: work)
        } while failure?.failure == .targetBusy && visits.call.mayTryAgain(before: deadline)
        if let failure { throw failure }
    }
}

/// What a trial measured.
///
/// ## Concurrency model
/// `value` is set by the session's thread and read after it has ended.
private final class TrialFigures: Sendable {
    private let value = Mutex<(start: ContinuousClock.Instant, bytes: Int64)?>(nil)

    func note(start: ContinuousClock.Instant, bytes: Int64) { value.withLock { $0 = (start, bytes) } }

    var noted: (start: ContinuousClock.Instant, bytes: Int64)? { value.withLock { $0 } }
}
