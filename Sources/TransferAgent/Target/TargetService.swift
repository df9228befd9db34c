import LinuxSystem
import RsyncEngine
import SecureTunnel
import Synchronization
import Transport

/// A target that takes volumes from sources: rsync's daemon protocol, inside TLS or plain.
///
/// ## Concurrency model
/// Each listener has a thread that accepts, each connection one that handshakes and serves, with the engine's threads
/// below it; none of them is one of the Swift concurrency pool. ``finish(within:)`` closes the listeners, lets sessions end and breaks those that do not.
public final class TargetService: Sendable {
    /// The time a client has for the TLS handshake.
    private static let handshakeLimit = Duration.seconds(20)

    private let doors: [Door]
    private let catalogue: VolumeCatalogue
    private let control: ControlServer
    private let sessionLimit: Int
    private let log: any TextOutput
    private let connections = ConnectionTable()
    private let keepAlive: KeepAlive
    private let durability: Durability
    private let silenceLimit: SilenceLimit
    private let digestPolicy: DigestPolicy
    /// Why accepting stopped before it should.
    private let failure = Mutex<AgentError?>(nil)

    /// A place where clients come in.
    private struct Door: Sendable {
        let listener: Listener
        /// Nil for plain connections.
        let context: TLSContext?
    }

    /// Opens the volumes and the ports.
    ///
    /// - Parameters:
    ///   - settings: What to serve and where.
    ///   - log: Gets one line for each session.
    /// - Throws: ``AgentError`` for the first thing that cannot be used.
    public init(_ settings: ServeSettings, log: any TextOutput = StandardStream.error) throws(AgentError) {
        self.log = log
        sessionLimit = settings.sessionLimit
        let credentials = try Credentials(file: settings.credentials)
        let mappings = try VolumeMapping.parse(settings.volumes)
        let catalogue = try VolumeCatalogue(mappings, credentials, settings)
        self.catalogue = catalogue
        durability = settings.durability
        silenceLimit = try SilenceLimit(settings.silenceLimit)
        digestPolicy = DigestPolicy(allowsWeak: settings.allowsWeakDigest)
        control = ControlServer(
            credentials: credentials,
            durability: durability,
            writers: catalogue.writers,
            volume: { (name) throws(ControlError) in try catalogue.volume(named: name) },
            idleLimit: silenceLimit.duration
        )
        var configuration = try settings.serverConfiguration()
        configuration.applicationProtocols = [ControlChannel.applicationProtocol]
        let context: TLSContext
        do throws(SecureTunnelError) {
            context = try TLSContext(server: configuration)
        } catch {
            throw AgentError(error)
        }
        keepAlive = try KeepAlive(settings.keepAlive)
        let options = keepAlive.socketOptions
        for warning in context.warnings { log.write("WARNING: \(warning)\n") }
        do throws(TransportError) {
            let tunnels = try Listener(HostPort(parsing: settings.listen), options: options)
            var doors = [Door(listener: tunnels, context: context)]
            if let plain = settings.listenPlain {
                doors.append(Door(listener: try Listener(HostPort(parsing: plain), options: options), context: nil))
            }
            self.doors = doors
        } catch {
            throw AgentError(error)
        }
    }

    /// Where clients come in, such as `listening on 0.0.0.0:6443 (TLS)`, with the ports that were got.
    public var announcements: [String] {
        doors.map { "listening on \($0.listener.address) (\($0.context == nil ? "plain" : "TLS"))" }
    }

    /// The port of the TLS listener.
    public var port: UInt16 { doors[0].listener.address.port }

    /// The port of the plain listener, if there is one.
    public var plainPort: UInt16? { doors.dropFirst().first?.listener.address.port }

    /// Accepts clients until ``close()`` is called or the task is cancelled; their sessions may go on after that.
    ///
    /// - Returns: Why a listener failed for good; nil when all were closed.
    public func run() async -> AgentError? {
        do throws(AgentError) {
            return try await onThread("dvm-listen", cancel: close) { self.serve() }
        } catch {
            return error
        }
    }

    /// Accepts clients until ``close()`` is called, and blocks the calling thread so long.
    ///
    /// No client waits for the Swift concurrency pool: the kernel takes connections for the listeners from the start on,
    /// and their clients' patience runs from then.
    ///
    /// - Returns: Why a listener failed for good; nil when all were closed.
    func serve() -> AgentError? {
        var threads: [WorkerThread] = []
        do throws(SystemError) {
            for door in doors {
                threads.append(try WorkerThread(name: "dvm-accept") { self.accept(at: door).map(self.stop) })
            }
        } catch {
            stop(because: AgentError(.noResources, "no thread can be started: \(error)", exitCode: 14))
        }
        for thread in threads { thread.join() }
        return failure.withLock { $0 }
    }

    /// Takes no new clients because a listener is of no more use; the first reason counts.
    private func stop(because error: AgentError) {
        failure.withLock { $0 = $0 ?? error }
        close()
    }

    /// Takes no new clients, so that ``run()`` returns; sessions go on.
    public func close() {
        for door in doors { door.listener.close() }
        connections.close()
    }

    /// Closes the service and gives its sessions time to end, then breaks those that are left.
    ///
    /// Blocks the calling thread.
    ///
    /// - Parameter grace: The time for sessions.
    /// - Returns: Whether all sessions ended by themselves.
    @discardableResult
    public func finish(within grace: Duration) -> Bool {
        close()
        guard !connections.waitForEnd(within: grace) else { return true }
        connections.breakAll()
        _ = connections.waitForEnd(within: .seconds(5))
        return false
    }

    // MARK: connections

    /// Accepts until the listener is closed.
    ///
    /// - Returns: Why it stopped before.
    private func accept(at door: Door) -> AgentError? {
        while true {
            do throws(TransportError) {
                receive(try door.listener.accept(), at: door)
            } catch {
                if case .closed = error { return nil }
                return AgentError(error)
            }
        }
    }

    /// Gives a client a thread; sends it away where there are twice as many as may have sessions.
    private func receive(_ stream: SocketStream, at door: Door) {
        guard let (number, count) = connections.add(stream) else { return stream.close() }
        guard count <= 2 * sessionLimit else {
            log.write("connection \(number) from \(stream.peerDescription): too many connections, closed\n")
            return end(number, stream)
        }
        do throws(SystemError) {
            _ = try WorkerThread(name: "dvm-session") { [self] in
                serve(stream, number: number, isFull: count > sessionLimit, context: door.context)
                end(number, stream)
            }
        } catch {
            log.write("connection \(number) from \(stream.peerDescription): no thread can be started: \(error)\n")
            end(number, stream)
        }
    }

    private func end(_ number: Int, _ stream: SocketStream) {
        stream.close()
        connections.remove(number)
    }

    private func serve(_ socket: SocketStream, number: Int, isFull: Bool, context: TLSContext?) {
        let start = ContinuousClock.now
        let peer = socket.peerDescription
        let stream: any ByteStream
        do throws(SecureTunnelError) {
            let tunnel = try context.map { (context) throws(SecureTunnelError) in
                try TLSStream.accept(over: socket, context: context, within: Self.handshakeLimit)
            }
            stream = tunnel ?? socket
            if let tunnel, tunnel.session.applicationProtocol == ControlChannel.applicationProtocol {
                return converse(tunnel, over: socket, number: number)
            }
        } catch {
            let failure = AgentError(error)
            log.write("session \(number) from \(peer): \(failure.failure.code): \(failure.observed)\n")
            return
        }
        var catalogue = catalogue
        catalogue.isFull = isFull
        catalogue.isGone = { socket.hasHungUp }
        let observer = SessionNotes()
        let session = DaemonSession(
            catalogue: catalogue,
            observer: observer,
            digests: digestPolicy.digests(isProtected: context != nil),
            silenceLimit: silenceLimit.duration,
            keepAlive: keepAlive.interval,
            synchronizes: durability == .power
        )
        let report = session.run(over: stream)
        log.write("session \(number) from \(peer)" + report.line(notes: observer, elapsed: .now - start) + "\n")
    }

    /// Serves a control conversation, which takes no session's place; only what went wrong is worth a line of the log.
    private func converse(_ stream: TLSStream, over socket: SocketStream, number: Int) {
        guard connections.setAside(number, limit: 2 * sessionLimit + 4) else { return stream.close() }
        let report = control.serve(stream, over: socket)
        guard report.failure != nil else { return }
        log.write("session \(number) from \(stream.peerDescription)" + report.line + "\n")
    }
}
