import Glibc
import LinuxSystem
import ProcessSupport
import RsyncCommand
import Synchronization

/// The first of SIGTERM, SIGINT, SIGHUP and, where it counts, SIGUSR1, handled by a thread instead of ending the process.
///
/// Created before any other thread.
final class Termination: Sendable {
    private final class Arrival: Sendable {
        /// The signal's number; 0 before it.
        let number = Atomic<Int32>(0)
    }

    private let arrival = Arrival()

    /// Whether one has arrived.
    var hasCome: Bool { signal != nil }

    /// The one that has arrived.
    var signal: Int32? {
        let number = arrival.number.load(ordering: .acquiring)
        return number == 0 ? nil : number
    }

    /// Waits for the first of the signals on its own thread.
    ///
    /// - Parameters:
    ///   - endsByUser: Whether SIGUSR1 counts, too: a stock client sends it to its server, as a child, when it fails.
    ///   - hangUp: Called for each SIGHUP, which then does not count; nil for a program that SIGHUP ends.
    ///   - handler: Called once, with the signal, on that thread.
    /// - Throws: ``CommandError/failed(_:exitCode:)`` with code 14 when there is no thread.
    init(
        endsByUser: Bool = false,
        onHangUp hangUp: (@Sendable () -> Void)? = nil,
        _ handler: @escaping @Sendable (Int32) -> Void
    ) throws(CommandError) {
        let arrival = arrival
        do throws(SystemError) {
            try AwaitedSignals(blocking: [SIGTERM, SIGINT, SIGHUP] + (endsByUser ? [SIGUSR1] : [])).watch { number in
                if number == SIGHUP, let hangUp {
                    hangUp()
                    return true
                }
                arrival.number.store(number, ordering: .releasing)
                handler(number)
                return false
            }
        } catch {
            throw .failed("no thread could be started: \(error)", exitCode: 14)
        }
    }
}
