import LinuxSystem
import Synchronization
import Transport

/// The connections that a daemon serves, each on its own thread.
///
/// ## Concurrency model
/// `open` is guarded by its lock.
final class DaemonClients: Sendable {
    /// How long interrupted sessions may take to keep partial files.
    private static let patience = Duration.seconds(5)

    private struct Connection {
        let stream: SocketStream
        var thread: WorkerThread?
    }

    private struct Open {
        var connections: [Int: Connection] = [:]
        var next = 0
    }

    private let open = Mutex(Open())

    /// Serves a connection; it is closed at once when no thread can be started.
    func start(_ stream: SocketStream, _ body: @escaping @Sendable () -> Void) {
        let number = open.withLock { open in
            open.next += 1
            open.connections[open.next] = Connection(stream: stream, thread: nil)
            return open.next
        }
        do throws(SystemError) {
            let thread = try WorkerThread(name: "dvm-client") { [self] in
                body()
                _ = self.open.withLock { $0.connections.removeValue(forKey: number) }
            }
            self.open.withLock { $0.connections[number]?.thread = thread }
        } catch {
            stream.close()
            _ = self.open.withLock { $0.connections.removeValue(forKey: number) }
        }
    }

    /// Closes all connections and waits for their sessions to end.
    func end() {
        let connections = open.withLock { Array($0.connections.values) }
        for connection in connections { connection.stream.close() }
        let deadline = ContinuousClock.now + Self.patience
        for connection in connections { _ = connection.thread?.join(within: max(.zero, deadline - .now)) }
    }
}
