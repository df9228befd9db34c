import LinuxSystem
import RsyncWire
import Synchronization
import Transport

/// How long a peer may currently be silent, relative to the session's limit.
enum SilenceAllowance: Equatable, Sendable {
    /// As long as the limit.
    case limit
    /// This many times as long: it may be silently busy with something that ends at some point.
    case times(Int)
    /// Without limit: it may be silently busy with something of any length.
    case unlimited
}

/// How long the peer may currently be silent, according to this side's role; called on the watch's thread.
protocol SilenceRule: Sendable {
    var allowance: SilenceAllowance { get }
}

/// Ends a session whose peer is silent, judged by the bytes received from it; what this side sends does not count.
///
/// Silence is time that this side has spent waiting for the peer, in a read or in a write that the peer does not
/// accept, without receiving a byte. Time in which this process did not run does not count.
///
/// ## Concurrency model
/// One thread, `dvm-silence`, checks several times within the limit; everything that it reads is atomic. ``stop()`` is
/// called on the session's own thread.
final class SilenceWatch {
    private let stopped = BoundedQueue<Never>(capacity: 1, name: "end of the watch for silence")
    private let thread: WorkerThread

    /// Starts watching.
    ///
    /// - Parameters:
    ///   - channel: The connection to the peer; closed when it has been silent for too long.
    ///   - state: Fails then, like a stream that has timed out.
    ///   - limit: The longest silence.
    ///   - rule: How long the peer may currently be silent.
    /// - Throws: ``EngineError`` when no thread could be started.
    init(
        _ channel: SessionChannel,
        _ state: SessionState,
        limit: Duration,
        rule: any SilenceRule
    ) throws(EngineError) {
        let (stopped, stream, waits) = (stopped, channel.stream, channel.waits)
        let tick = min(max(limit / 16, .milliseconds(10)), .seconds(2))
        do throws(SystemError) {
            thread = try WorkerThread(name: "dvm-silence") {
                var judge = SilenceJudge(limit: limit, tick: tick)
                while case .timedOut = stopped.pop(within: tick) {
                    let wait = waits.map(\.duration).max() ?? .zero
                    guard judge.isTooLong(wait, stream.activity.sinceLastRead, rule.allowance) else { continue }
                    let sign = "any data from \(stream.peerDescription)"
                    state.fail(.wire(.transport(TransportError.timedOut(waitingFor: sign, after: limit))))
                    stream.close()
                    return
                }
            }
        } catch {
            throw .usage("no thread could be started: \(error)", exitCode: 14)
        }
    }

    /// Ends the watch; a failure that it found has been reported to the session.
    func stop() {
        stopped.close()
        thread.join()
    }
}

/// Decides at each check whether a peer has been silent for too long.
struct SilenceJudge {
    private let limit: Duration
    private let tick: Duration
    private var lastLook: ContinuousClock.Instant
    /// The time up to which silence is excused.
    private var start: ContinuousClock.Instant

    init(limit: Duration, tick: Duration, now: ContinuousClock.Instant = .now) {
        (self.limit, self.tick) = (limit, tick)
        (lastLook, start) = (now, now)
    }

    /// Checks once.
    ///
    /// - Parameters:
    ///   - wait: How long this side has waited for the peer so far; zero when it is not waiting.
    ///   - silence: The time since the last byte arrived.
    ///   - allowance: How long the peer may currently be silent.
    ///   - now: The time.
    /// - Returns: Whether it is too long.
    mutating func isTooLong(
        _ wait: Duration,
        _ silence: Duration,
        _ allowance: SilenceAllowance,
        now: ContinuousClock.Instant = .now
    ) -> Bool {
        // If this process was stopped, its socket buffer may hold keep-alives that it had no time to read.
        if now - lastLook > tick * 2 + .seconds(1) { start = now }
        lastLook = now
        let passed = min(wait, silence, now - start)
        switch allowance {
        case .limit: return passed >= limit
        case .times(let factor): return passed >= limit * factor
        case .unlimited:
            start = now
            return false
        }
    }
}

/// The time since which a thread has been waiting for the peer; set by that thread, read by others.
final class PeerWait: Sendable {
    private static let origin = ContinuousClock.now
    /// Nanoseconds since `origin`, at least 1; 0 while not waiting.
    private let start = Atomic<Int64>(0)

    /// The duration of the current wait; zero when there is none.
    var duration: Duration {
        let start = start.load(ordering: .relaxed)
        return start == 0 ? .zero : .nanoseconds(max(0, Self.now - start))
    }

    private static var now: Int64 {
        let (seconds, attoseconds) = origin.duration(to: .now).components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// Records that a wait is in progress while `body` runs.
    func during<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        start.store(max(1, Self.now), ordering: .relaxed)
        defer { start.store(0, ordering: .relaxed) }
        return try body()
    }
}
