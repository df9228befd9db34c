import Glibc
import LinuxSystem
import SecureTunnel
import Synchronization
import Transport

/// A listening socket and its service, which a new configuration may replace.
///
/// ## Concurrency model
/// One thread accepts; `service` is read by it and replaced by ``Relay``, under its lock.
final class RelayPoint: Sendable {
    let listener: Listener
    private let service: Mutex<RelayService>
    private let isStarted = Atomic<Bool>(false)

    /// Listens for a service.
    init(_ service: RelayService, on address: HostPort) throws(SecureTunnelError) {
        do throws(TransportError) {
            listener = try Listener(address, extras: Self.extras(of: service))
        } catch {
            throw .transport(error)
        }
        self.service = Mutex(service)
    }

    /// The service that the next connection gets.
    var current: RelayService {
        get { service.withLock { $0 } }
        set { service.withLock { $0 = newValue } }
    }

    /// Whether a service can take over the socket as it is.
    func fits(_ other: RelayService) -> Bool { Self.extras(of: current) == Self.extras(of: other) }

    private static func extras(of service: RelayService) -> [ExtraSocketOption] {
        service.settings.socketOptions.filter { $0.place == .accept }.map(\.option)
    }

    /// Starts the thread that accepts, once.
    ///
    /// - Parameter body: Gets each connection and the service that was current when it was accepted; must not block.
    /// - Throws: `SystemError` of pthread_create(3).
    func start(_ body: @escaping @Sendable (SocketStream, RelayService) -> Void) throws(SystemError) {
        guard !isStarted.exchange(true, ordering: .relaxed) else { return }
        _ = try WorkerThread(name: "dvm-accept") { [self] in
            while true {
                do throws(TransportError) {
                    body(try listener.accept(), current)
                } catch {
                    if case .closed = error { return }
                    // The listener retries by itself where that helps; for other errors, do not spin.
                    usleep(100_000)
                }
            }
        }
    }
}
