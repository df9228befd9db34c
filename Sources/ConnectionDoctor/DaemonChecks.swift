import AgentControl
import LinuxSystem
import Logging
import RsyncEngine
import RsyncOptions
import RsyncWire
import SecureTunnel
import TransferAgent
import Transport
import VolumeAccess
import VolumeCapacity

/// The checks inside the tunnel: what the daemon reports to a push that changes nothing.
struct DaemonChecks {
    let doctor: Doctor
    let call: CancellableCall
    let recorder: CheckRecorder

    var job: SourceJob { doctor.job }
    /// How long the daemon may be silent.
    var patience: Duration { job.route.stepLimit }

    /// Runs them for each volume, over its own connection.
    ///
    /// - Parameter stream: The first connection, unused so far; a stock target may accept no other.
    /// - Throws: ``AgentError`` of the check that failed, which is still the current one of `recorder`.
    func run(over stream: TLSStream) throws(AgentError) {
        let isStock = !ControlClient.isOffered(by: stream)
        var next: (any ByteStream)? = isStock ? stream : nil
        defer { next?.close() }
        // A dvm-target uses rsync's protocol on connections that do not request the dvm protocol.
        if !isStock { ControlChannel(stream).close() }
        var first: (volume: VolumeJob, source: SourceRoot)?
        for volume in job.volumes {
            recorder.begin(.source, volume: volume.name)
            let source = try open(volume)
            first = first ?? (volume, source)
            recorder.pass("\(volume.path) can be read, as \(IdentityReport().text)")
            recorder.begin(.greeting)
            if let open = next {
                next = nil
                try visit(volume, source, over: open, isStock: isStock)
            } else {
                try visitAgain(volume, source, isStock: isStock)
            }
            if isStock {
                recorder.skip(.space, volume: volume.name, because: "a stock target does not report it")
            } else {
                try examine(volume, source)
            }
        }
        guard let (volume, source) = first else { return }
        try TrialChecks(daemon: self, volume: volume, source: source, isStock: isStock).run()
    }

    private func open(_ volume: VolumeJob) throws(AgentError) -> SourceRoot {
        do throws(VolumeError) {
            return try SourceRoot.contents(of: volume.path)
        } catch {
            throw AgentError(source: volume.path, error)
        }
    }

    /// With a new connection, to a target that may still count the previous one.
    private func visitAgain(
        _ volume: VolumeJob,
        _ source: SourceRoot,
        isStock: Bool
    ) throws(AgentError) {
        let deadline = ContinuousClock.now + CancellableCall.afterglow
        while true {
            do throws(AgentError) {
                return try visit(volume, source, over: try job.route.connect(for: call), isStock: isStock)
            } catch {
                guard error.failure == .targetBusy, call.mayTryAgain(before: deadline) else { throw error }
                recorder.begin(.greeting)
            }
        }
    }

    /// What a target reports only after the login.
    private static let saidAfterLogin: Set<FailureClass> = [
        .unknownVolume, .targetBusy, .refusedByTarget, .targetUnusable, .accessDenied,
    ]

    /// Runs from the greeting to a finished dry run.
    ///
    /// A stock target checks the volume first and then the password, a dvm-target the other way round.
    private func visit(
        _ volume: VolumeJob,
        _ source: SourceRoot,
        over stream: any ByteStream,
        isStock: Bool
    ) throws(AgentError) {
        let recorder = recorder
        let failure = session(volume, source, over: stream, timeout: patience) { step in
            switch step {
            case .greeted(let version):
                recorder.pass("an rsync daemon, protocol \(version)")
                recorder.begin(isStock ? .volume : .password, volume: volume.name)
            case .passwordAsked:
                guard isStock else { return }
                recorder.pass("the target has it")
                recorder.begin(.password, volume: volume.name)
            case .admitted:
                if recorder.current == .password {
                    recorder.pass("user \(job.user) has access")
                    if !isStock { passVolume(volume) }
                } else {
                    recorder.pass("the target has it")
                    recorder.skip(.password, volume: volume.name, because: "the target requires none")
                }
                recorder.begin(.writing, volume: volume.name)
            }
        } work: { (_) throws(EngineError) in
        }
        if let failure {
            if !isStock, recorder.current == .password, Self.saidAfterLogin.contains(failure.failure) {
                recorder.pass("the target accepted the volume")
                recorder.begin(.volume, volume: volume.name)
            }
            throw failure
        }
        recorder.pass("a dry run succeeded")
    }

    private func passVolume(_ volume: VolumeJob) {
        recorder.begin(.volume, volume: volume.name)
        recorder.pass("the target has it")
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
                "\(job.route.target) answered as a dvm-target on one connection and as a stock target on the next",
                exitCode: 2
            )
        }
    }

    /// Makes the check of a transfer: whether the volume fits, can be written to and keeps what is sent.
    private func examine(_ volume: VolumeJob, _ source: SourceRoot) throws(AgentError) {
        recorder.begin(.space, volume: volume.name)
        guard let observed = try job.examine(volume, source, for: call, Self.silentDisplay) else {
            return recorder.skip(.space, volume: volume.name, because: "not requested (--check none)")
        }
        recorder.pass(observed.joined(separator: "; "))
    }

    private static var silentDisplay: ProgressDisplay {
        ProgressDisplay(style: .none, output: NoOutput(), log: .agent("dvm-source", output: NoOutput()))
    }

    func session(
        _ volume: VolumeJob,
        _ source: SourceRoot,
        over stream: any ByteStream,
        timeout: Duration,
        onStep: @escaping @Sendable (VisitStep) -> Void,
        work: @escaping @Sendable (VisitLine) throws(EngineError) -> Void
    ) -> AgentError? {
        let observer = VolumeObserver(display: Self.silentDisplay)
        var options = volume.options
        options.limits.silenceLimit = nil
        options.wire.timeout = Int(timeout.inSeconds.rounded(.up))
        let session = ClientSession(stream: stream, options: options, observer: observer)
        let result = session.visit(
            module: Array(volume.module.utf8),
            source: source,
            login: job.login,
            onStep: onStep,
            work: work
        )
        return result.failure.map { AgentError($0, lastWords: observer.lastWords) }
            ?? observer.verdict(exitCode: result.exitCode).error
    }
}

/// Discards messages.
private struct NoOutput: TextOutput {
    func write(_ text: String) {}
}
