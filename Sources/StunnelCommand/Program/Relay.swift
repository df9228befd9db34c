import Glibc
import LinuxSystem
import ProcessSupport
import SecureTunnel
import Synchronization
import Transport

/// The running services of a stunnel configuration.
///
/// ## Concurrency model
/// `state` guards the listening sockets and the table of connections. Each socket has an accepting thread, each
/// connection two threads (see ``RelayConnection``). ``apply(_:)``, ``start()`` and the two ways to end are called by
/// one thread.
final class Relay: Sendable {
    private struct State {
        var points: [HostPort: RelayPoint] = [:]
        /// Services without `accept`, and those of them that have a thread.
        var runners: [RelayService] = []
        var running: [StunnelService] = []
        var connections: [Int: RelayConnection] = [:]
        var nextNumber = 0
        var isEnding = false
    }

    private let log: RelayLog
    private let memory = RelayMemory()
    private let state = Mutex(State())
    private let largestCount: Int
    /// Signalled once accepting has stopped, for waiting threads.
    private let ended = BoundedQueue<Void>(capacity: 1 << 20, name: "ended connections")

    /// Creates a relay without services.
    ///
    /// - Parameter log: The log for connections.
    init(log: RelayLog) {
        self.log = log
        largestCount = Self.raiseDescriptorLimit()
    }

    /// Applies a configuration: reads all files and opens all new listening sockets, or changes nothing.
    ///
    /// Existing connections keep their settings. An address that does not change is not closed in between.
    ///
    /// - Parameter configuration: What to run from now on.
    /// - Throws: ``SecureTunnelError`` of the first file or address that cannot be used.
    func apply(_ configuration: StunnelConfiguration) throws(SecureTunnelError) {
        let old = state.withLock { $0.points }
        var points: [HostPort: RelayPoint] = [:]
        var replacements: [(RelayPoint, RelayService)] = []
        var runners: [RelayService] = []
        for settings in configuration.services {
            let service: RelayService
            do throws(SecureTunnelError) {
                service = try RelayService(settings)
            } catch {
                throw .badSetting(reason: "[\(settings.name)]: \(error)")
            }
            for warning in service.warnings { log.note(.warning, "[\(settings.name)]: \(warning)") }
            guard case .network(let address)? = settings.accept else {
                runners.append(service)
                continue
            }
            if let point = old[address], point.fits(service) {
                replacements.append((point, service))
                points[address] = point
            } else {
                points[address] = try RelayPoint(service, on: address)
            }
        }
        for (point, service) in replacements { point.current = service }
        state.withLock { state in
            state.points = points
            state.runners = runners
        }
        for (address, point) in old where points[address] !== point { point.listener.close() }
    }

    /// Starts the threads of new services.
    ///
    /// - Throws: ``SecureTunnelError`` when no thread can be started.
    func start() throws(SecureTunnelError) {
        let (points, runners) = state.withLock { state in
            let runners = state.runners.filter { !state.running.contains($0.settings) }
            state.running += runners.map(\.settings)
            return (Array(state.points.values), runners)
        }
        do throws(SystemError) {
            for point in points {
                log.note(.info, "[\(point.current.settings.name)] accepting connections on \(point.listener.address)")
                try point.start { [self] stream, service in begin(service, with: stream) }
            }
            for runner in runners { try startRunner(runner) }
            try checkNames((points.map(\.current) + runners).map(\.settings).filter { !$0.delaysLookup })
        } catch {
            throw .transport(.system(error, peer: "the services"))
        }
    }

    /// Reports early which names of `connect` cannot be resolved; each connection retries.
    private func checkNames(_ services: [StunnelService]) throws(SystemError) {
        guard !services.isEmpty else { return }
        _ = try WorkerThread(name: "dvm-lookup") { [log] in
            for service in services {
                for case .network(let target) in service.connect {
                    do throws(TransportError) {
                        try checkName(of: target, within: .seconds(10))
                    } catch {
                        log.note(.warning, "[\(service.name)]: \(error)")
                    }
                }
            }
        }
    }

    /// Stops accepting; existing connections continue.
    func stopAccepting() {
        let points = state.withLock { state in
            state.isEnding = true
            state.runners = []
            defer { state.points = [:] }
            return state.points
        }
        for point in points.values { point.listener.close() }
    }

    /// Waits until all connections have ended.
    ///
    /// - Parameter limit: The longest wait.
    /// - Returns: Whether none is left.
    func drain(within limit: Duration) -> Bool {
        let deadline = ContinuousClock.now + limit
        while connectionCount > 0 {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return false }
            _ = ended.pop(within: left)
        }
        return true
    }

    /// Ends all connections at once.
    func cut() {
        for connection in state.withLock({ Array($0.connections.values) }) { connection.cut() }
    }

    /// How many connections are in progress.
    var connectionCount: Int { state.withLock { $0.connections.count } }

    /// Raises the limit of descriptors to the maximum.
    ///
    /// - Returns: How many connections that makes: each needs two sockets, an eventfd for each, and one more
    ///   descriptor.
    private static func raiseDescriptorLimit() -> Int {
        guard let limit = ResourceLimit.openFiles.raise(toAtMost: 65_536) else { return 100 }
        return max(1, (Int(clamping: limit) - 64) / 6)
    }
}

// Connections.
extension Relay {
    /// Serves a connection on its own thread, or rejects it.
    private func begin(_ service: RelayService, with stream: SocketStream) {
        let number = state.withLock { state in
            defer { state.nextNumber += 1 }
            return state.nextNumber
        }
        let logger = RelayLogger(log: log, limit: service.settings.logLevel, label: "\(number)")
        logger(.notice, "service [\(service.settings.name)] accepted a connection from \(stream.peerDescription)")
        do {
            try stream.apply(service.settings.socketOptions.filter { $0.place == .local }.map(\.option))
            try run(number, service, logger, stream)
        } catch {
            logger(.error, "connection failed: \(error)")
            stream.reset()
        }
    }

    private func run(_ number: Int, _ service: RelayService, _ logger: RelayLogger, _ stream: SocketStream)
        throws(SystemError)
    {
        guard connectionCount < largestCount else { throw SystemError(operation: "accept4", number: EMFILE) }
        let connection = try RelayConnection(service: service, log: logger, memory: memory)
        guard enter(connection, number) else { return stream.reset() }
        do throws(SystemError) {
            _ = try WorkerThread(name: "dvm-outward") { [self] in
                connection.run(accepted: stream)
                leave(number)
            }
        } catch {
            leave(number)
            throw error
        }
    }

    /// Records a connection.
    ///
    /// - Returns: False when the relay is ending.
    private func enter(_ connection: RelayConnection, _ number: Int) -> Bool {
        state.withLock { state in
            guard !state.isEnding else { return false }
            state.connections[number] = connection
            return true
        }
    }

    private func leave(_ number: Int) {
        let isEnding = state.withLock { state in
            state.connections[number] = nil
            return state.isEnding
        }
        if isEnding { ended.push(()) }
    }

    /// Runs a service without `accept`: one connection between its program and the remote side, again if it `retry`s.
    private func startRunner(_ service: RelayService) throws(SystemError) {
        let settings = service.settings
        let logger = RelayLogger(log: log, limit: settings.logLevel, label: settings.name)
        _ = try WorkerThread(name: "dvm-runner") { [self] in
            repeat {
                runOnce(service, logger)
                // A service that fails at once must not spin.
                sleep(1)
            } while settings.retries && state.withLock { $0.runners.contains { $0.settings == settings } }
            state.withLock { $0.running.removeAll { $0 == settings } }
        }
    }

    private func runOnce(_ service: RelayService, _ logger: RelayLogger) {
        let number = state.withLock { state in
            defer { state.nextNumber += 1 }
            return state.nextNumber
        }
        do throws(SystemError) {
            let connection = try RelayConnection(service: service, log: logger, memory: memory)
            guard enter(connection, number) else { return }
            connection.run(accepted: nil)
            leave(number)
        } catch {
            logger(.error, "connection failed: \(error)")
        }
    }
}
