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

    init(_ settings: TransferSettings) throws(AgentError) {
        do throws(TransportError) {
            target = try HostPort(parsing: settings.target)
        } catch {
            throw AgentError(error)
        }
        serverName = settings.serverName ?? target.host
        isInsecure = settings.trust == .insecure
        let configuration = try settings.clientConfiguration()
        do throws(SecureTunnelError) {
            let proxy = try settings.proxy.map { (text) throws(SecureTunnelError) in try ProxyURL(parsing: text) }
            self.proxy = try BypassList(parsing: settings.noProxy).contains(target) ? nil : proxy
            proxyAddress = try self.proxy?.address()
            context = try TLSContext(client: configuration)
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

/// A connection that another thread may end, from before it exists.
///
/// ## Concurrency model
/// `state` is touched by the connecting thread and by whoever cancels.
final class CancellableCall: Sendable {
    private struct State {
        var isCancelled = false
        var stream: (any ByteStream)?
    }

    /// Ends the wait for a connection.
    let stop: StopSignal
    private let state = Mutex(State())

    init() throws(SystemError) { stop = try StopSignal() }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Takes a connection to end on cancellation; ends it at once if that has come.
    func adopt(_ stream: any ByteStream) {
        let isLate = state.withLock { state in
            state.stream = stream
            return state.isCancelled
        }
        if isLate { stream.close() }
    }

    /// Ends the connection, or the attempt to get one.
    func cancel() {
        let stream = state.withLock { state in
            state.isCancelled = true
            return state.stream
        }
        stop.raise()
        stream?.close()
    }
}
