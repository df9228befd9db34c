import LinuxSystem
import RsyncEngine
import RsyncWire
import Synchronization
import SecureTunnel
import Transport
import VolumeAccess
import VolumeCapacity

/// The rungs behind the tunnel: what the daemon says to a push that changes nothing.
struct VisitWalk {
    let doctor: Doctor
    let call: CancellableCall
    let notes: RungNotes

    private var job: TransferJob { doctor.job }
    /// How long the daemon may be silent.
    private var patience: Duration { job.route.stepLimit }

    /// Takes them for each volume, over a connection of its own.
    ///
    /// - Parameter stream: The first connection.
    /// - Throws: ``AgentError`` of the first broken rung, which `notes` still stands on.
    func run(over stream: TLSStream) throws(AgentError) {
        var next: (any ByteStream)? = stream
        defer { next?.close() }
        for volume in job.volumes {
            notes.begin(.source, volume: volume.name)
            let source = try open(volume)
            notes.hold("\(volume.path) can be read")
            notes.begin(.greeting)
            let line: any ByteStream
            if let first = next { line = first } else { line = try job.route.connect(for: call) }
            next = nil
            try visit(volume, source, over: line)
            try askSpace(volume)
        }
        guard let volume = job.volumes.first else { return }
        try tryThroughput(volume)
        try tryIdle(volume)
    }

    private func open(_ volume: VolumeMapping) throws(AgentError) -> SourceRoot {
        do throws(VolumeError) {
            return try SourceRoot.contents(of: volume.path)
        } catch {
            throw AgentError(source: volume.path, error)
        }
    }

    /// Goes from the greeting to a finished dry run.
    private func visit(_ volume: VolumeMapping, _ source: SourceRoot, over stream: any ByteStream) throws(AgentError) {
        let notes = notes
        let failure = session(volume, source, over: stream, timeout: patience) { step in
            switch step {
            case .greeted(let version):
                notes.hold("an rsync daemon, protocol \(version)")
                notes.begin(.volume, volume: volume.name)
            case .passwordAsked:
                notes.hold("the target has it")
                notes.begin(.password, volume: volume.name)
            case .admitted:
                if notes.rung == .password {
                    notes.hold("user \(job.user) may use it")
                } else {
                    notes.hold("the target has it")
                    notes.skip(.password, volume: volume.name, because: "the target wants none")
                }
                notes.begin(.writing, volume: volume.name)
            }
        } work: { (_) throws(EngineError) in
        }
        if let failure { throw failure }
        notes.hold("a dry run was taken")
    }

    /// Asks a target of our kind for the room in a volume.
    private func askSpace(_ volume: VolumeMapping) throws(AgentError) {
        notes.begin(.space, volume: volume.name)
        guard let client = try job.route.control(for: call, user: job.user, password: job.password) else {
            return notes.skip(.space, volume: volume.name, because: "not asked: stock target")
        }
        defer { client.close() }
        do throws(ControlError) {
            let space = try client.facts(ofVolume: volume.name).space
            notes.hold("\(Figures.bytes(space.freeBytes)) free of \(Figures.bytes(space.totalBytes)), \(space.type)")
        } catch {
            switch error {
            case .unknownRequest, .refused: notes.skip(.space, volume: volume.name, because: "not told: \(error)")
            case .transport, .silent, .broken, .loginRefused: throw AgentError(error)
            }
        }
    }

    // MARK: trials

    private func tryThroughput(_ volume: VolumeMapping) throws(AgentError) {
        let duration = doctor.trials.throughput
        guard duration > .zero else { return notes.skip(.throughput, because: "not asked for") }
        notes.begin(.throughput)
        let figures = TrialFigures()
        try once(more: volume, timeout: duration + patience) { (line) throws(EngineError) in
            guard line.takesEmptyFrames else { return }
            let start = ContinuousClock.now
            figures.note(start: start, bytes: try line.send(for: duration))
        }
        guard let (start, bytes) = figures.noted else {
            return notes.skip(.throughput, because: "the target is too old to be sent bytes without meaning")
        }
        // The session has ended, so the target has taken all of it.
        let seconds = max((ContinuousClock.now - start).inSeconds, 0.001)
        notes.hold(
            "at least \(Figures.rate(Double(bytes) / seconds)): \(Figures.bytes(bytes)) in \(Figures.fixed(seconds)) s"
        )
    }

    private func tryIdle(_ volume: VolumeMapping) throws(AgentError) {
        guard let duration = doctor.trials.idle else {
            return notes.skip(.idle, because: "not asked for: --idle SECONDS")
        }
        notes.begin(.idle)
        let figures = TrialFigures()
        do throws(AgentError) {
            try once(more: volume, timeout: duration + patience) { (line) throws(EngineError) in
                figures.note(start: .now, bytes: 0)
                _ = line.hold(for: duration)
            }
        } catch {
            guard let start = figures.noted?.start, !call.isCancelled else { throw error }
            let seconds = Figures.fixed((ContinuousClock.now - start).inSeconds)
            let text =
                "a connection that was to be quiet for \(Figures.fixed(duration.inSeconds)) s was cut after \(seconds) s: \(error.observed)"
            throw AgentError(.idleCut, text, exitCode: error.exitCode)
        }
        notes.hold("a connection may be quiet for \(Figures.fixed(duration.inSeconds)) s")
    }

    /// Takes the whole road once more, without a word, and does something at its end.
    private func once(
        more volume: VolumeMapping,
        timeout: Duration,
        _ work: @escaping @Sendable (VisitLine) throws(EngineError) -> Void
    ) throws(AgentError) {
        let source = try open(volume)
        let stream = try job.route.connect(for: call)
        let failure = session(volume, source, over: stream, timeout: timeout, onStep: { _ in }, work: work)
        if let failure { throw failure }
    }

    private func session(
        _ volume: VolumeMapping,
        _ source: SourceRoot,
        over stream: any ByteStream,
        timeout: Duration,
        onStep: @escaping @Sendable (VisitStep) -> Void,
        work: @escaping @Sendable (VisitLine) throws(EngineError) -> Void
    ) -> AgentError? {
        let observer = VolumeObserver(display: ProgressDisplay(style: .none, output: NoOutput(), errors: NoOutput()))
        var options = job.options
        options.timeout = Int(timeout.inSeconds.rounded(.up))
        let session = ClientSession(stream: stream, options: options, observer: observer)
        let result = session.visit(
            module: Array(volume.name.utf8),
            source: source,
            login: job.login,
            onStep: onStep,
            work: work
        )
        return result.failure.map { AgentError($0, lastWords: observer.lastWords) }
            ?? AgentError(outcome: result.exitCode, exceptions: observer.exceptions.count)
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

/// Takes texts that nobody wants.
private struct NoOutput: TextOutput {
    func write(_ text: String) {}
}
