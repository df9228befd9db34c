import LinuxSystem
import SecureTunnel
import Synchronization
import Transport

/// One connection through a relay, from its first byte to its last.
///
/// ## Concurrency model
/// One thread builds the connection; moving the bytes takes a second one (`TunnelRelay`). `streams` holds what
/// ``cut()`` has to close, under its lock.
final class RelayConnection: Sendable {
    /// The longest that a handshake may take, whatever `TIMEOUTbusy` says: a slow peer occupies two threads.
    private static let longestHandshake = 60

    private let service: RelayService
    private let log: RelayLogger
    private let memory: RelayMemory
    private let stop: StopSignal
    private let streams = Mutex<[SocketStream]>([])

    /// Prepares a connection.
    init(service: RelayService, log: RelayLogger, memory: RelayMemory) throws(SystemError) {
        self.service = service
        self.log = log
        self.memory = memory
        stop = try StopSignal()
    }

    /// Serves the connection to its end and logs the outcome.
    ///
    /// - Parameter accepted: The accepted socket; nil for a service that runs a program and connects it.
    func run(accepted: SocketStream?) {
        memory.enter()
        defer { memory.leave() }
        do throws(SecureTunnelError) {
            if let accepted { try adopt(accepted) }
            let (plain, tunnel) = try service.settings.isClient ? callOut(accepted) : answer(accepted)
            relay(plain, tunnel)
        } catch {
            let cause = stop.isRaised ? "it was closed because the program is stopping" : "\(error)"
            log(.error, "connection failed: \(cause)")
            // A reset: after a clean end, the client would treat an empty stream as complete.
            for stream in streams.withLock({ $0 }) { stream.reset() }
        }
    }

    /// Ends the connection at once.
    func cut() {
        stop.raise()
        for stream in streams.withLock({ $0 }) { stream.reset() }
    }

    /// Registers a socket that ``cut()`` closes.
    private func adopt(_ stream: SocketStream) throws(SecureTunnelError) {
        streams.withLock { $0.append(stream) }
        stream.expectNoCongestionOnThisMachine()
        guard !stop.isRaised else { throw .transport(.closed(peer: stream.peerDescription)) }
    }

    /// A client: the plain side first, then the connection to the server, then TLS on it.
    private func callOut(_ accepted: SocketStream?) throws(SecureTunnelError) -> (SocketStream, TLSStream) {
        let remote = try service.dialRemote(log, stop: stop)
        try adopt(remote)
        let tunnel = try TLSStream.connect(
            over: remote,
            context: service.context,
            serverName: service.settings.calledHost,
            within: handshakeLimit
        )
        report(tunnel)
        guard let accepted else { return (try startProgram(for: nil), tunnel) }
        return (accepted, tunnel)
    }

    /// A server: TLS with the client first, so that only authorised clients reach the plain side.
    private func answer(_ accepted: SocketStream?) throws(SecureTunnelError) -> (SocketStream, TLSStream) {
        let secured: SocketStream
        if let accepted { secured = accepted } else { secured = try dialPlain() }
        let tunnel = try TLSStream.accept(over: secured, context: service.context, within: handshakeLimit)
        report(tunnel)
        guard service.settings.program == nil else { return (try startProgram(for: secured.peerAddress), tunnel) }
        return (try dialPlain(), tunnel)
    }

    private func dialPlain() throws(SecureTunnelError) -> SocketStream {
        let stream = try service.dialRemote(log, stop: stop)
        try adopt(stream)
        return stream
    }

    private func startProgram(for caller: HostPort?) throws(SecureTunnelError) -> SocketStream {
        let program = try RelayProgramEnd(
            path: service.settings.program ?? "",
            arguments: service.settings.programArguments,
            remoteAddress: caller,
            log: log
        )
        try adopt(program.stream)
        return program.stream
    }

    private var handshakeLimit: Duration {
        .seconds(min(Self.longestHandshake, max(1, service.settings.busySeconds)))
    }

    private func report(_ tunnel: TLSStream) {
        let session = tunnel.session
        let peer = session.peerSubject.map { ", certificate of \($0)" } ?? ", no certificate presented"
        let name = session.serverName.map { ", called \($0)" } ?? ""
        log(.notice, "\(session.version) with \(tunnel.peerDescription): \(session.cipher)\(peer)\(name)")
    }
}

// Moving the bytes.
extension RelayConnection {
    /// Moves bytes both ways until both directions have ended, or one has failed, and logs the result.
    private func relay(_ plain: SocketStream, _ tunnel: TLSStream) {
        // With `TIMEOUTclose = 0`, a second is allowed, so that data in transit is not lost as in stunnel.
        let limits = TunnelRelay.Limits(
            idle: .seconds(max(1, service.settings.idleSeconds)),
            close: .seconds(max(1, service.settings.closeSeconds))
        )
        let outcome = TunnelRelay(plain, tunnel, limits: limits, memory: memory).run()
        defer {
            tunnel.close()
            plain.close()
        }
        let moved = plain.activity
        let bytes =
            "\(counted(moved.bytesRead, "byte")) sent through TLS, \(counted(moved.bytesWritten, "byte")) received"
        switch outcome {
        case .closed: log(.notice, "connection closed: \(bytes)")
        case _ where stop.isRaised:
            log(.error, "connection failed: it was closed because the program is stopping; \(bytes)")
        case .closedWithoutAnswer:
            log(.notice, "connection closed: \(bytes); the peer did not answer our close_notify")
        case .failed(let error): log(.error, "connection failed: \(error); \(bytes)")
        }
    }
}
