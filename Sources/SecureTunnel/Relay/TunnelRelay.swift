import LinuxSystem
import Synchronization
package import Transport

/// Relays the bytes of one connection: a plain stream on one side, a tunnel on the other, until both directions have
/// ended or one has failed.
///
/// ## Concurrency model
/// Two threads move bytes, one for each direction; whichever fails closes both streams, which wakes the other.
/// `failure` holds the first cause under its lock.
package final class TunnelRelay: Sendable {
    /// The time limits of a relay.
    package struct Limits: Sendable {
        /// The idle limit of both directions.
        package var idle: Duration
        /// The idle limit after our direction has ended.
        package var close: Duration

        package init(idle: Duration, close: Duration) {
            self.idle = idle
            self.close = close
        }
    }

    /// How a connection ended.
    package enum Outcome: Sendable, Equatable {
        /// Both directions have ended.
        case closed
        /// Everything from the plain side was sent, followed by close_notify, which the peer did not answer.
        ///
        /// The usual end of a stunnel with `TIMEOUTclose = 0`: it closes as soon as it sees our close_notify.
        case closedWithoutAnswer
        /// The first cause of the failure.
        case failed(SecureTunnelError)
    }

    private let plain: SocketStream
    private let tunnel: TLSStream
    private let limits: Limits
    private let memory: RelayMemory
    private let failure = Mutex<SecureTunnelError?>(nil)
    /// Whether the plain side has ended and close_notify has been sent.
    private let hasEnded = Atomic<Bool>(false)

    /// Prepares to relay.
    ///
    /// - Parameters:
    ///   - plain: The side without TLS.
    ///   - tunnel: The side with TLS.
    ///   - limits: How long to wait.
    ///   - memory: Determines the chunk size.
    package init(_ plain: SocketStream, _ tunnel: TLSStream, limits: Limits, memory: RelayMemory) {
        self.plain = plain
        self.tunnel = tunnel
        self.limits = limits
        self.memory = memory
    }

    /// Copies bytes both ways; the caller closes both streams.
    ///
    /// - Returns: How it ended.
    package func run() -> Outcome {
        (plain.writeTimeout, tunnel.writeTimeout) = (limits.idle, limits.idle)
        let outward = direction(from: plain, to: tunnel)
        let inward = direction(from: tunnel, to: plain)
        do throws(SystemError) {
            let thread = try WorkerThread(name: "dvm-inward") { [self] in
                _ = carry(inward)
            }
            if carry(outward) { hasEnded.store(true, ordering: .releasing) }
            waitForClose(thread)
        } catch {
            fail(.transport(.system(error, peer: plain.peerDescription)))
        }
        switch failure.withLock({ $0 }) {
        case nil: return .closed
        case .truncated? where hasEnded.load(ordering: .acquiring): return .closedWithoutAnswer
        case let error?: return .failed(error)
        }
    }

    private func direction(from source: any ByteStream, to sink: any ByteStream) -> RelayDirection {
        RelayDirection(from: source, to: sink, plain: plain, tunnel: tunnel, idle: limits.idle, memory: memory)
    }

    /// Moves one direction; a failure ends both.
    ///
    /// - Returns: Whether it ended cleanly.
    private func carry(_ direction: RelayDirection) -> Bool {
        do throws(TransportError) {
            try direction.carry()
            return true
        } catch {
            var cause = SecureTunnelError(error) ?? .transport(error)
            // A peer may close the connection with FIN or with RST.
            if case .transport(.reset(tunnel.peerDescription, "reading")) = cause {
                cause = .truncated(peer: tunnel.peerDescription)
            }
            fail(cause)
            return false
        }
    }

    private func fail(_ error: SecureTunnelError) {
        let isFirst = failure.withLock { first in
            guard first == nil else { return false }
            first = error
            return true
        }
        guard isFirst else { return }
        // TLS needs no reset: an end without close_notify is not a clean end.
        plain.reset()
        tunnel.close()
    }

    /// After our direction has ended, waits for the other until it has been idle for `limits.close`.
    private func waitForClose(_ thread: WorkerThread) {
        let end = ContinuousClock.now
        var wait = limits.close
        while !thread.join(within: wait) {
            let silence = min(tunnel.activity.sinceLastRead, plain.activity.sinceLastWrite, ContinuousClock.now - end)
            guard silence < limits.close else {
                fail(.truncated(peer: tunnel.peerDescription))
                thread.join()
                return
            }
            wait = limits.close - silence + .milliseconds(10)
        }
    }
}
