import Synchronization
import TestSupport
import Transport

/// A relay that carries one connection; whoever calls again is hung up on, and counted.
///
/// ## Concurrency model
/// The counter is touched by the threads of the connections.
package final class OneCallRelay: Sendable {
    private let server: ScriptedServer
    private let counter: Counter

    private final class Counter: Sendable {
        let calls = Atomic(0)
    }

    /// Starts to relay.
    ///
    /// - Parameter port: Of the target, on loopback.
    /// - Throws: When it cannot listen.
    package init(to port: UInt16) throws {
        let counter = Counter()
        self.counter = counter
        server = try ScriptedServer { client in
            guard counter.calls.add(1, ordering: .relaxed).newValue == 1 else { return }
            let far = try dial(HostPort(host: "127.0.0.1", port: port), within: .seconds(10))
            defer { far.close() }
            try relay(client, far) { _, _ in }
        }
    }

    /// Where it listens.
    package var address: String { server.address }

    /// The port it listens on.
    package var port: UInt16 { server.port }

    /// How many called.
    package var calls: Int { counter.calls.load(ordering: .relaxed) }
}
