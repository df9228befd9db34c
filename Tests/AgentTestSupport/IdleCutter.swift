import LinuxSystem
import Synchronization
import TestSupport
import Transport

/// A relay that cuts a connection when no byte moved through it, either way, for some time: what load balancers do.
///
/// ## Concurrency model
/// The counters are touched by the threads of the connections.
package final class IdleCutter: Sendable {
    private let server: ScriptedServer
    private let state: State

    private final class State: Sendable {
        let cuts = Atomic(0)
    }

    /// Starts to relay.
    ///
    /// - Parameters:
    ///   - target: `host:port`.
    ///   - limit: The idle time.
    /// - Throws: When it cannot listen.
    package init(to target: String, after limit: Duration) throws {
        let state = State()
        let place = try HostPort(parsing: target)
        self.state = state
        server = try ScriptedServer { client in
            let far = try dial(place, within: .seconds(10))
            defer { far.close() }
            let moved = BoundedQueue<Int>(capacity: 1 << 20, name: "bytes moved")
            _ = try Background {
                while true {
                    switch moved.pop(within: limit) {
                    case .element: continue
                    case .closed: return
                    case .timedOut:
                        state.cuts.add(1, ordering: .relaxed)
                        client.close()
                        far.close()
                        return
                    }
                }
            }
            defer { moved.close() }
            try relay(client, far) { count, _ in
                moved.push(count)
            }
        }
    }

    /// Where it listens.
    package var address: String { server.address }

    /// How many connections it cut.
    package var cuts: Int { state.cuts.load(ordering: .relaxed) }
}

/// A port on which connecting times out: its queue of connections is full, and nobody accepts.
package final class DeafPort: Sendable {
    package let number: UInt16
    private let listener: Listener
    private let waiting: [SocketStream]

    package init() throws {
        listener = try Listener(HostPort(host: "127.0.0.1", port: 0), backlog: 0)
        number = listener.address.port
        // The kernel lets one more in than the backlog says.
        waiting = [try dial(HostPort(host: "127.0.0.1", port: number), within: .seconds(5))]
    }
}
