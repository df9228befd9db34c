import LinuxSystem
import RsyncEngine
import SecureTunnel
import Transport

/// A target that takes volumes from sources: rsync's daemon protocol, inside TLS or plain.
///
/// ## Concurrency model
/// Each listener has a thread that accepts, each connection one that handshakes and serves, with the engine's threads
/// below it. ``finish(within:)`` closes the listeners, lets sessions end and breaks those that do not.
public final class TargetService: Sendable {
    /// The time a client has for the TLS handshake.
    private static let handshakeLimit = Duration.seconds(20)

    private let doors: [Door]
    private let catalogue: VolumeCatalogue
    private let sessionLimit: Int
    private let log: any TextOutput
    private let connections = ConnectionTable()

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
        catalogue = try VolumeCatalogue(mappings, credentials, sessionLimit: settings.sessionLimit)
        let configuration = try settings.serverConfiguration()
        let context: TLSContext
        do throws(SecureTunnelError) {
            context = try TLSContext(server: configuration)
        } catch {
            throw AgentError(error)
        }
        for warning in context.warnings { log.write("WARNING: \(warning)\n") }
        do throws(TransportError) {
            var doors = [Door(listener: try Listener(HostPort(parsing: settings.listen)), context: context)]
            if let plain = settings.listenPlain {
                doors.append(Door(listener: try Listener(HostPort(parsing: plain)), context: nil))
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
        await withTaskGroup(of: AgentError?.self) { group in
            for door in doors {
                group.addTask {
                    do throws(AgentError) {
                        return try await onThread("dvm-accept", cancel: self.close) { self.accept(at: door) }
                    } catch {
                        return error
                    }
                }
            }
            var first: AgentError?
            for await failure in group {
                guard let failure else { continue }
                first = first ?? failure
                close()
            }
            return first
        }
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
            stream =
                try context.map { (context) throws(SecureTunnelError) in
                    try TLSStream.accept(over: socket, context: context, within: Self.handshakeLimit)
                } ?? socket
        } catch {
            let failure = AgentError(error)
            log.write("session \(number) from \(peer): \(failure.failure.code): \(failure.observed)\n")
            return
        }
        var catalogue = catalogue
        catalogue.isFull = isFull
        let observer = SessionNotes()
        let report = DaemonSession(catalogue: catalogue, observer: observer).run(over: stream)
        log.write("session \(number) from \(peer)" + report.line(notes: observer, elapsed: .now - start) + "\n")
    }
}
