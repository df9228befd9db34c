import LinuxSystem
import RsyncEngine
import RsyncOptions
import RsyncWire
import SecureTunnel
import Transport
import VolumeAccess
import VolumeCapacity

/// The rungs behind the tunnel: what the daemon says to a push that changes nothing.
struct VisitWalk {
    let doctor: Doctor
    let call: CancellableCall
    let notes: RungNotes

    var job: TransferJob { doctor.job }
    /// How long the daemon may be silent.
    var patience: Duration { job.route.stepLimit }

    /// Takes them for each volume, over a connection of its own.
    ///
    /// - Parameter stream: The first connection, on which nothing was said yet; a stock target may take no other.
    /// - Throws: ``AgentError`` of the first broken rung, which `notes` still stands on.
    func run(over stream: TLSStream) throws(AgentError) {
        let isStock = !ControlClient.isOffered(by: stream)
        var next: (any ByteStream)? = isStock ? stream : nil
        defer { next?.close() }
        // A target of our kind speaks rsync's protocol on connections that do not ask for its own.
        if !isStock { ControlChannel(stream).close() }
        for volume in job.volumes {
            notes.begin(.source, volume: volume.name)
            let source = try open(volume)
            notes.hold("\(volume.path) can be read")
            notes.begin(.greeting)
            if let first = next {
                next = nil
                try visit(volume, source, over: first, isStock: isStock)
            } else {
                try visitAgain(volume, source, isStock: isStock)
            }
            if isStock {
                notes.skip(.space, volume: volume.name, because: "not asked: stock target")
            } else {
                try askSpace(volume)
            }
        }
        try TrialWalk(visits: self, isStock: isStock).run()
    }

    func open(_ volume: VolumeMapping) throws(AgentError) -> SourceRoot {
        do throws(VolumeError) {
            return try SourceRoot.contents(of: volume.path)
        } catch {
            throw AgentError(source: volume.path, error)
        }
    }

    /// As a visit over a connection of its own, to a target that may still count the one before.
    private func visitAgain(
        _ volume: VolumeMapping,
        _ source: SourceRoot,
        isStock: Bool
    ) throws(AgentError) {
        let deadline = ContinuousClock.now + CancellableCall.afterglow
        while true {
            do throws(AgentError) {
                return try visit(volume, source, over: try job.route.connect(for: call), isStock: isStock)
            } catch {
                guard error.failure == .targetBusy, call.mayTryAgain(before: deadline) else { throw error }
                notes.begin(.greeting)
            }
        }
    }

    /// What a target says only to those who have proved the password.
    private static let saidAfterLogin: Set<FailureClass> = [
        .unknownVolume, .targetBusy, .refusedByTarget, .targetUnusable, .accessDenied,
    ]

    /// Goes from the greeting to a finished dry run.
    ///
    /// A stock target looks at the volume first and then at the password, one of our kind the other way round.
    private func visit(
        _ volume: VolumeMapping,
        _ source: SourceRoot,
        over stream: any ByteStream,
        isStock: Bool
    ) throws(AgentError) {
        let notes = notes
        let failure = session(volume, source, over: stream, timeout: patience) { step in
            switch step {
            case .greeted(let version):
                notes.hold("an rsync daemon, protocol \(version)")
                notes.begin(isStock ? .volume : .password, volume: volume.name)
            case .passwordAsked:
                guard isStock else { return }
                notes.hold("the target has it")
                notes.begin(.password, volume: volume.name)
            case .admitted:
                if notes.rung == .password {
                    notes.hold("user \(job.user) may use it")
                    if !isStock { passVolume(volume) }
                } else {
                    notes.hold("the target has it")
                    notes.skip(.password, volume: volume.name, because: "the target wants none")
                }
                notes.begin(.writing, volume: volume.name)
            }
        } work: { (_) throws(EngineError) in
        }
        if let failure {
            if !isStock, notes.rung == .password, Self.saidAfterLogin.contains(failure.failure) {
                notes.hold("the target went on to the volume")
                notes.begin(.volume, volume: volume.name)
            }
            throw failure
        }
        notes.hold("a dry run was taken")
    }

    private func passVolume(_ volume: VolumeMapping) {
        notes.begin(.volume, volume: volume.name)
        notes.hold("the target has it")
    }

    /// Begins a control conversation with a target that was of our kind a moment ago.
    ///
    /// - Parameter isQuiet: Whether TCP, too, is silent on the connection.
    /// - Returns: The conversation.
    /// - Throws: ``AgentError``.
    func callControl(isQuiet: Bool = false) throws(AgentError) -> ControlClient {
        switch try job.callTarget(for: call, isQuiet: isQuiet) {
        case .ours(let client): return client
        case .stock(let stream):
            stream.close()
            throw AgentError(
                .protocolBroken,
                "\(job.route.target) is a dvm-target on one connection and none on the next",
                exitCode: 2
            )
        }
    }

    /// Asks a target of our kind for the room in a volume.
    private func askSpace(_ volume: VolumeMapping) throws(AgentError) {
        notes.begin(.space, volume: volume.name)
        let client = try callControl()
        defer { client.close() }
        do throws(ControlError) {
            let space = try client.facts(ofVolume: volume.name).space
            notes.hold("\(Figures.bytes(space.freeBytes)) free of \(Figures.bytes(space.totalBytes)), \(space.type)")
        } catch {
            switch error {
            case .unknownRequest, .refused: notes.skip(.space, volume: volume.name, because: "not told: \(error)")
            case .transport, .ended, .silent, .broken, .unusable, .loginRefused: throw AgentError(error)
            }
        }
    }

    func session(
        _ volume: VolumeMapping,
        _ source: SourceRoot,
        over stream: any ByteStream,
        timeout: Duration,
        onStep: @escaping @Sendable (VisitStep) -> Void,
        work: @escaping @Sendable (VisitLine) throws(EngineError) -> Void
    ) -> AgentError? {
        let observer = VolumeObserver(display: ProgressDisplay(style: .none, output: NoOutput(), errors: NoOutput()))
        var options = job.options
        options.limits.silenceLimit = nil
        options.wire.timeout = Int(timeout.inSeconds.rounded(.up))
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

/// Takes texts that nobody wants.
private struct NoOutput: TextOutput {
    func write(_ text: String) {}
}
