import LinuxSystem
import SecureTunnel
import Synchronization
import Transport

/// How a target is reached: directly or through a proxy, and always through TLS.
struct TargetRoute: Sendable {
    /// The time for each of: connecting, the proxy's answer, the TLS handshake.
    private static let stepLimit = Duration.seconds(20)

    let target: HostPort
    let isInsecure: Bool
    /// What is wrong with the permissions of the private key's file.
    var warnings: [String] { context.warnings }
    private let proxy: ProxyURL?
    private let proxyAddress: HostPort?
    private let serverName: String
    private let context: TLSContext
    /// As `context`, for calls to our own kind.
    private let controlContext: TLSContext

    init(_ settings: TransferSettings) throws(AgentError) {
        do throws(TransportError) {
            target = try HostPort(parsing: settings.target)
        } catch {
            throw AgentError(error)
        }
        serverName = settings.serverName ?? target.host
        isInsecure = settings.trust == .insecure
        var configuration = try settings.clientConfiguration()
        do throws(SecureTunnelError) {
            let proxy = try settings.proxy.map { (text) throws(SecureTunnelError) in try ProxyURL(parsing: text) }
            self.proxy = try BypassList(parsing: settings.noProxy).contains(target) ? nil : proxy
            proxyAddress = try self.proxy?.address()
            context = try TLSContext(client: configuration)
            configuration.applicationProtocols = [ControlChannel.applicationProtocol]
            controlContext = try TLSContext(client: configuration)
        } catch {
            throw AgentError(error)
        }
    }

    /// Connects; blocks the calling thread.
    ///
    /// - Parameter call: Ends the attempt when it is cancelled, and the stream after it.
    /// - Returns: A stream that only the target can read.
    /// - Throws: ``AgentError``.
    func connect(for call: CancellableCall) throws(AgentError) -> any ByteStream {
        try connect(for: call, context)
    }

    /// Connects to the control channel of a target of our kind; blocks the calling thread.
    ///
    /// - Parameters:
    ///   - call: Ends the attempt when it is cancelled, and the conversation after it.
    ///   - user: Who we are.
    ///   - password: Asked for only when the target is of our kind.
    /// - Returns: The conversation; nil when the target is stock and has none.
    /// - Throws: ``AgentError``.
    func control(
        for call: CancellableCall,
        user: String,
        password: () throws(AgentError) -> [UInt8]
    ) throws(AgentError) -> ControlClient? {
        let stream = try connect(for: call, controlContext)
        guard ControlClient.isOffered(by: stream) else {
            stream.close()
            return nil
        }
        let identity: ControlLogin.Identity
        do throws(AgentError) {
            identity = ControlLogin.Identity(user: user, password: try password())
        } catch {
            stream.close()
            throw error
        }
        do throws(ControlError) {
            return try ControlClient(over: stream, as: identity)
        } catch {
            throw AgentError(error)
        }
    }

    private func connect(for call: CancellableCall, _ context: TLSContext) throws(AgentError) -> TLSStream {
        let socket: SocketStream
        do throws(TransportError) {
            socket = try dial(proxyAddress ?? target, within: Self.stepLimit, stop: call.stop)
        } catch {
            throw AgentError(dialling: error)
        }
        call.adopt(socket)
        do throws(SecureTunnelError) {
            if let proxy {
                try connectThroughProxy(socket, target: target, credentials: proxy.credentials, within: Self.stepLimit)
            }
            return try TLSStream.connect(over: socket, context: context, serverName: serverName, within: Self.stepLimit)
        } catch {
            socket.close()
            throw AgentError(error)
        }
    }
}

/// The connections of one volume, which another thread may end, from before they exist.
///
/// ## Concurrency model
/// `state` is touched by the connecting thread and by whoever cancels.
final class CancellableCall: Sendable {
    private struct State {
        var isCancelled = false
        var streams: [any ByteStream] = []
    }

    /// Ends the wait for a connection.
    let stop: StopSignal
    private let state = Mutex(State())

    init() throws(SystemError) { stop = try StopSignal() }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Takes a connection to end on cancellation; ends it at once if that has come.
    func adopt(_ stream: any ByteStream) {
        let isLate = state.withLock { state in
            state.streams.append(stream)
            return state.isCancelled
        }
        if isLate { stream.close() }
    }

    /// Ends the connection, or the attempt to get one.
    func cancel() {
        let streams = state.withLock { state in
            state.isCancelled = true
            return state.streams
        }
        stop.raise()
        for stream in streams { stream.close() }
    }
}
