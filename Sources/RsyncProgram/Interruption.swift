import Glibc
import RsyncCommand
import RsyncEngine
import Synchronization
import Transport

/// Ends a client, or the server of a remote shell, cleanly when SIGTERM, SIGINT or SIGHUP arrives: the stream is closed, the session keeps what
/// `--partial` asks it to keep, and the program ends with code 20.
///
/// ## Concurrency model
/// `cutting` is guarded by its lock.
final class Interruption: Sendable {
    /// How long a session may take to end; a local copy has no stream to close and ends at once.
    private static let patience: UInt32 = 5

    private struct Cutting {
        var stream: (any ByteStream)?
        var hasCome = false
    }

    /// The state that the signal's and the session's threads share; it must not keep the runner alive.
    private final class Shared: Sendable {
        let cutting = Mutex(Cutting())
    }

    private let shared = Shared()
    private let termination: Termination

    /// Watches for the signals from now on; created before any other thread.
    init(output: ConsoleOutput, role: String = "client") throws(CommandError) {
        let shared = shared
        termination = try Termination {
            let stream = shared.cutting.withLock { cutting in
                cutting.hasCome = true
                return cutting.stream
            }
            if let stream {
                stream.close()
                sleep(Self.patience)
            }
            output.error(ExitText.line(code: 20, role: role))
            _exit(20)
        }
    }

    /// Whether a signal has arrived.
    var hasCome: Bool { shared.cutting.withLock { $0.hasCome } }

    /// Sets the stream that a signal closes; closes it at once when one has arrived.
    func cut(_ stream: any ByteStream) {
        let isLate = shared.cutting.withLock { cutting in
            cutting.stream = stream
            return cutting.hasCome
        }
        if isLate { stream.close() }
    }
}
