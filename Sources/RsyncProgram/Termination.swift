import Glibc
import LinuxSystem
import ProcessSupport
import RsyncCommand
import Synchronization

/// The first of SIGTERM, SIGINT and SIGHUP, handled by a thread instead of ending the process.
///
/// Created before any other thread.
final class Termination: Sendable {
    private final class Arrival: Sendable {
        let hasCome = Atomic<Bool>(false)
    }

    private let arrival = Arrival()

    /// Whether one has arrived.
    var hasCome: Bool { arrival.hasCome.load(ordering: .acquiring) }

    /// Waits for the first of the signals on its own thread.
    ///
    /// - Parameters:
    ///   - hangUp: Called for each SIGHUP, which then does not count; nil for a program that SIGHUP ends.
    ///   - handler: Called once, on that thread.
    /// - Throws: ``CommandError/failed(_:exitCode:)`` with code 14 when there is no thread.
    init(onHangUp hangUp: (@Sendable () -> Void)? = nil, _ handler: @escaping @Sendable () -> Void) throws(CommandError)
    {
        let arrival = arrival
        do throws(SystemError) {
            try AwaitedSignals(blocking: [SIGTERM, SIGINT, SIGHUP]).watch { number in
                if number == SIGHUP, let hangUp {
                    hangUp()
                    return true
                }
                arrival.hasCome.store(true, ordering: .releasing)
                handler()
                return false
            }
        } catch {
            throw .failed("no thread could be started: \(error)", exitCode: 14)
        }
    }
}
