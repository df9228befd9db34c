import Glibc
import LinuxSystem
import RsyncCommand
import Synchronization

/// SIGTERM, SIGINT and SIGHUP, taken by a thread instead of ending the process in the middle of its work.
///
/// Made before any other thread, which inherit the blocked signals.
final class TerminationSignals: Sendable {
    private final class Arrival: Sendable {
        let hasCome = Atomic<Bool>(false)
    }

    private let arrival = Arrival()

    /// Whether one has come.
    var haveCome: Bool { arrival.hasCome.load(ordering: .acquiring) }

    /// Waits for the first of the signals on a thread of its own.
    ///
    /// - Parameter handler: Called once, on that thread.
    /// - Throws: ``CommandError/failed(_:exitCode:)`` with code 14 when there is no thread.
    init(_ handler: @escaping @Sendable () -> Void) throws(CommandError) {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&signals, signal) }
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        let awaited = signals
        let arrival = arrival
        do throws(SystemError) {
            _ = try WorkerThread(name: "dvm-signals") {
                var signals = awaited
                var number: Int32 = 0
                while unsafe sigwait(&signals, &number) != 0 {}
                arrival.hasCome.store(true, ordering: .releasing)
                handler()
            }
        } catch {
            throw .failed("no thread could be started: \(error)", exitCode: 14)
        }
    }
}
