package import AgentControl
import LinuxSystem
package import Logging
import RsyncEngine
import SecureTunnel
import Synchronization
import Transport

/// A target that receives volumes from sources: rsync's daemon protocol, inside TLS or plain.
///
/// ## Concurrency model
/// Each listener has a thread that accepts, each connection one that handshakes and serves, with the engine's threads
/// below it; none of them is one of the Swift concurrency pool. ``finish(within:)`` closes the listeners, lets sessions
/// end and breaks those that do not.
package final class TargetService: Sendable {
    /// The time limit from the connection to the login.
    private static let loginLimit = Duration.seconds(20)
    /// The read size for a client that has not logged in, in bytes: small, to save memory.
    private static let strangersPiece = 4096
    /// How long sessions may take to end after they were told to.
    private static let farewell = Duration.seconds(3)
    /// How often a drain looks whether the service was stopped.
    private static let look = Duration.milliseconds(200)
    /// How long sessions may take to end after their connections were closed.
    private static let leastRest = Duration.seconds(1)

    private let endpoints: [Endpoint]
    private let access: FileBacked<TargetAccess>
    private let catalogue: VolumeCatalogue
    private let control: ControlServer
    private let sessionLimit: Int
    private let log: Logger
    private let preLoginLog: PreLoginLog
    private let connections = ServedConnections()
    private let slots = LoginSlots(limit: loginLimit)
    private let nameFiles = NameFiles()
    /// Whether TLS clients have to authenticate with a certificate or a key.
    private let isTunnelClosed: Bool
    private let keepAlive: KeepAlive
    private let durability: Durability
    private let silenceLimit: SilenceLimit
    private let digestPolicy: DigestPolicy
    /// Why accepting stopped early.
    private let failure = Mutex<AgentError?>(nil)
    private let start = ContinuousClock.now
    /// Whether sessions that run now may end by themselves before the service does.
    private let isDraining = Atomic<Bool>(false)
    /// Whether the service was stopped.
    private let isStopped = Atomic<Bool>(false)

    /// An address that clients connect to.
    private struct Endpoint: Sendable {
        let listener: Listener
        /// Whether its connections are TLS.
        let isTunnel: Bool
    }

    /// Reads the secrets, opens the ports, becomes another user if that is asked, and opens the volumes.
    ///
    /// - Parameters:
    ///   - settings: What to serve and where.
    ///   - identity: As whom the process is to work, if it is this service's alone and has one thread; nil to stay.
    ///   - log: Gets one event for each session.
    /// - Throws: ``AgentError`` for the first thing that cannot be used.
    package init(_ settings: ServeSettings, as identity: ProcessIdentity? = nil, log: Logger) throws(AgentError) {
        self.log = log
        preLoginLog = PreLoginLog(log)
        isTunnelClosed = settings.clientAuthorities != nil || settings.certificate == nil
        sessionLimit = settings.sessionLimit
        let access = try TargetAccess.fileBacked(settings)
        self.access = access
        let mappings = try VolumeMapping.parse(settings.volumes)
        durability = settings.durability
        silenceLimit = try SilenceLimit(settings.silenceLimit)
        digestPolicy = DigestPolicy(allowsWeak: settings.allowsWeakDigest)
        keepAlive = try KeepAlive(settings.keepAlive)
        let options = keepAlive.socketOptions
        for warning in access.value.warnings { log.warning("WARNING: \(warning)") }
        do throws(TransportError) {
            let tunnels = try Listener(HostPort(parsing: settings.listen), options: options)
            var endpoints = [Endpoint(listener: tunnels, isTunnel: true)]
            if let plain = settings.listenPlain {
                endpoints.append(
                    Endpoint(listener: try Listener(HostPort(parsing: plain), options: options), isTunnel: false)
                )
            }
            self.endpoints = endpoints
        } catch {
            throw AgentError(error)
        }
        try identity?.assume()
        let password = { @Sendable (user: [UInt8]) in access.value.credentials.password(of: user) }
        catalogue = try VolumeCatalogue(mappings, settings, password: password)
        control = ControlServer(volumes: catalogue, idleLimit: silenceLimit.duration, password: password)
    }

    /// The addresses for clients, such as `listening on 0.0.0.0:6443 (TLS)`, with the actual ports.
    package var announcements: [String] {
        endpoints.map { "listening on \($0.listener.address) (\($0.isTunnel ? "TLS" : "plain"))" }
    }

    /// The port of the TLS listener.
    package var port: UInt16 { endpoints[0].listener.address.port }

    /// The port of the plain listener, if there is one.
    package var plainPort: UInt16? { endpoints.dropFirst().first?.listener.address.port }

    /// Accepts clients until ``close()`` or ``drain()`` is called or the task is cancelled; their sessions may go on after
    /// that, but not after the end of a drain.
    ///
    /// - Returns: Why a listener failed permanently; nil when all were closed.
    package func run() async -> AgentError? {
        let cancel = { @Sendable in
            self.isStopped.store(true, ordering: .relaxed)
            self.close()
        }
        do throws(AgentError) {
            return try await onThread("dvm-listen", cancel: cancel) {
                let failure = self.serve()
                guard self.isDraining.load(ordering: .relaxed) else { return failure }
                while !self.isStopped.load(ordering: .relaxed), !self.connections.waitForEnd(within: Self.look) {}
                return failure
            }
        } catch {
            return error
        }
    }

    /// Accepts no more clients; ``run()`` returns when the last session has ended by itself.
    package func drain() {
        guard !isDraining.exchange(true, ordering: .relaxed) else { return }
        log.notice("draining: no more sources are accepted")
        close()
    }

    /// Answers the requests of commands: `status` and `drain`.
    package func answer(_ request: LocalRequest) -> LocalReply {
        switch request.name {
        case "status": return .answer(status)
        case "drain":
            drain()
            return .answer(status)
        default: return .unknown
        }
    }

    private var status: [(String, JSONValue)] {
        let isReady = !isDraining.load(ordering: .relaxed) && !isStopped.load(ordering: .relaxed)
        let state = isStopped.load(ordering: .relaxed) ? "stopping" : isReady ? "serving" : "draining"
        let (open, sessions) = connections.current
        return LocalControl.members("dvm-target", state, since: start) + [
            ("ready", .flag(isReady)),
            ("listening", .list(endpoints.map { .text("\($0.listener.address)") })),
            ("volumes", .list(catalogue.names.map { .text($0) })),
            ("connections", .integer(Int64(open))), ("sessions", .integer(Int64(sessions))),
            ("counts", .object(connections.counts.members)),
        ]
    }

    /// Accepts clients until ``close()`` is called; blocks the calling thread.
    ///
    /// No client waits for the Swift concurrency pool: the kernel takes connections for the listeners from the start
    /// on, and their clients' time limits run from then.
    ///
    /// - Returns: Why a listener failed permanently; nil when all were closed.
    package func serve() -> AgentError? {
        var threads: [WorkerThread] = []
        do throws(SystemError) {
            threads.append(try WorkerThread(name: "dvm-login-time") { self.slots.watch() })
            for endpoint in endpoints {
                threads.append(try WorkerThread(name: "dvm-accept") { self.accept(at: endpoint).map(self.stop) })
            }
        } catch {
            stop(because: AgentError(.noResources, "no thread can be started: \(error)", exitCode: 14))
        }
        for thread in threads { thread.join() }
        return failure.withLock { $0 }
    }

    /// Accepts no more clients because a listener failed; the first reason counts.
    private func stop(because error: AgentError) {
        failure.withLock { $0 = $0 ?? error }
        close()
    }

    /// Accepts no more clients, so that ``run()`` returns; sessions go on.
    package func close() {
        for endpoint in endpoints { endpoint.listener.close() }
        slots.close()
        connections.close()
    }

    /// Closes the service and gives its sessions time to end, then closes those that are left.
    ///
    /// Blocks the calling thread.
    ///
    /// - Parameter grace: The time limit for sessions.
    /// - Returns: Whether all sessions ended by themselves.
    @discardableResult
    package func finish(within grace: Duration) -> Bool {
        close()
        guard !connections.waitForEnd(within: grace) else { return true }
        connections.breakAll()
        _ = connections.waitForEnd(within: .seconds(5))
        return false
    }

    /// Closes the service, tells its sessions and their sources to end, and closes those that have not ended in time.
    ///
    /// Blocks the calling thread for at most ``farewell`` and ``leastRest``. A session that is still busy then, with a slow
    /// disk for example, leaves its partial file or journal for the next one when the process ends.
    ///
    /// - Returns: What all sessions have done.
    package func stop() -> ServedCounts {
        close()
        let running = connections.requestStop()
        if running > 0 { log.notice("stopping: \(counted(running, "session")) told to end") }
        guard !connections.waitForEnd(within: Self.farewell) else { return connections.counts }
        connections.breakAll()
        _ = connections.waitForEnd(within: Self.leastRest)
        return connections.counts
    }

    // MARK: connections

    /// Accepts until the listener is closed.
    ///
    /// - Returns: Why it stopped before.
    private func accept(at endpoint: Endpoint) -> AgentError? {
        while true {
            do throws(TransportError) {
                receive(try endpoint.listener.accept(), at: endpoint)
            } catch {
                if case .closed = error { return nil }
                return AgentError(error)
            }
        }
    }

    /// Gives a client a slot and a thread.
    private func receive(_ socket: SocketStream, at endpoint: Endpoint) {
        guard let slot = slots.enter(socket), let (number, stop) = connections.add(socket) else {
            return socket.close()
        }
        let connection = Connection(socket: socket, number: number, stop: stop, start: .now)
        do throws(SystemError) {
            _ = try WorkerThread(name: "dvm-session") { [self] in
                serve(connection, slot: slot, isTunnel: endpoint.isTunnel)
                end(number, socket)
            }
        } catch {
            logUnauthenticated(number, socket, ": no thread can be started: \(error)")
            end(number, socket)
        }
    }

    private func end(_ number: Int, _ stream: SocketStream) {
        stream.close()
        connections.remove(number)
    }

    /// Reads secrets and certificates again if their files have changed; those of no use leave the former ones in use.
    private func renewAccess() {
        switch access.renew() {
        case .unchanged, .failed(_, isNew: false): break
        case .renewed:
            log.notice("secrets and certificates were read again, since their files have changed")
            for warning in access.value.warnings { log.warning("WARNING: \(warning)") }
        case .failed(let error, isNew: true):
            log.error("\(error); the former secrets and certificates stay in use", metadata: error.logParts)
        }
    }

    private func serve(_ connection: Connection, slot: LoginSlot, isTunnel: Bool) {
        let (socket, number) = (connection.socket, connection.number)
        renewAccess()
        let context = isTunnel ? access.value.context : nil
        let tunnel: TLSStream?
        do throws(SecureTunnelError) {
            if context != nil { try waitForHello(on: socket) }
            tunnel = try context.map { (context) throws(SecureTunnelError) in
                try TLSStream.accept(
                    over: socket,
                    context: context,
                    within: Self.loginLimit,
                    pieceSize: Self.strangersPiece
                )
            }
        } catch {
            let failure = AgentError(error)
            let text = endText(slot.endReason) ?? ": \(failure.failure.code): \(failure.observed)"
            return logUnauthenticated(number, socket, text)
        }
        if let tunnel {
            slot.advance(to: .secured)
            let isProven = isTunnelClosed || tunnel.session.preSharedKeyIdentity != nil
            guard !isProven || slot.prove() else {
                return logUnauthenticated(number, socket, ": too many connections")
            }
            if tunnel.session.applicationProtocol == ControlChannel.applicationProtocol {
                guard converse(tunnel, connection, slot: slot) else { return }
                var session = connection
                session.start = .now
                return serveSession(over: tunnel, session, nil)
            }
        }
        serveSession(over: tunnel ?? socket, connection, slot)
    }

    /// A connection on its thread.
    private struct Connection {
        let socket: SocketStream
        let number: Int
        /// Ends its session.
        let stop: SessionStop
        /// When the connection, or the session on it, began.
        var start: ContinuousClock.Instant
    }

    /// Serves a session.
    ///
    /// - Parameters:
    ///   - stream: A tunnel, or the plain socket.
    ///   - connection: What it runs over.
    ///   - slot: The connection's slot before the login; nil when the client has logged in to a control conversation.
    private func serveSession(over stream: any ByteStream, _ connection: Connection, _ slot: LoginSlot?) {
        let (socket, number) = (connection.socket, connection.number)
        let tunnel = stream as? TLSStream
        let observer = SessionNotes()
        let session = DaemonSession(
            catalogue: catalogue,
            observer: observer,
            digests: digestPolicy.digests(isProtected: tunnel != nil),
            silenceLimit: silenceLimit.duration,
            keepAlive: keepAlive.interval,
            synchronizes: durability == .power,
            loginSlot: slot,
            connection: ServedConnection(
                stream: stream,
                socket: socket,
                number: number,
                connections: connections,
                stop: connection.stop,
                limit: sessionLimit,
                nameFiles: nameFiles
            )
        )
        let report = session.run(over: stream)
        if let result = report.result { connections.noteEnd(of: number, result) }
        if let text = endText(report.endReason) { return logUnauthenticated(number, socket, text) }
        let line = report.line(notes: observer, elapsed: .now - connection.start)
        guard !report.user.isEmpty else { return logUnauthenticated(number, socket, line) }
        let parts = Self.parts(number, socket).merging(report.logParts) { _, new in new }
        log.log(level: report.logLevel, "session \(number) from \(socket.peerDescription)\(line)", metadata: parts)
    }

    /// Waits for a client's first byte before any memory is used for TLS.
    private func waitForHello(on socket: SocketStream) throws(SecureTunnelError) {
        do throws(TransportError) {
            try socket.waitForBytes()
        } catch {
            throw .transport(error)
        }
    }

    /// Serves a control conversation, which does not count as a session; only failures are logged.
    ///
    /// - Returns: Whether the client requested a session on the same connection.
    private func converse(_ stream: TLSStream, _ connection: Connection, slot: LoginSlot) -> Bool {
        let (socket, number) = (connection.socket, connection.number)
        let report = control.serve(stream, over: socket, isStopped: { connection.stop.isRequested }) {
            stream.pieceSize = TLSStream.usualPiece
            return slot.leave() && connections.beginConversation(number, limit: 2 * sessionLimit + 4)
        }
        if let text = endText(slot.endReason) {
            logUnauthenticated(number, socket, text)
        } else if report.failure != nil, report.user.isEmpty {
            logUnauthenticated(number, socket, report.line)
        } else if report.failure != nil {
            let parts = Self.parts(number, socket)
            log.warning("session \(number) from \(stream.peerDescription)\(report.line)", metadata: parts)
        }
        return report.wantsSession
    }

    /// The metadata of every line about a connection.
    private static func parts(_ number: Int, _ socket: SocketStream) -> Logger.Metadata {
        ["session": .stringConvertible(number), "peer": .string(socket.peerDescription)]
    }

    /// Logs the end of a connection that has not logged in.
    private func logUnauthenticated(_ number: Int, _ socket: SocketStream, _ text: String) {
        preLoginLog.write("session \(number) from \(socket.peerDescription)\(text)", Self.parts(number, socket))
    }

    /// The part of a log line behind the client's address for a connection that was closed before its login.
    private func endText(_ reason: LoginSlots.EndReason?) -> String? {
        switch reason {
        case .tooSlow: ": \(FailureClass.loginTooSlow.code): no login within \(Self.loginLimit)"
        case .evicted: ": \(FailureClass.loginEvicted.code): evicted for a newer connection"
        case .closing: ": the target is shutting down"
        case nil: nil
        }
    }
}
