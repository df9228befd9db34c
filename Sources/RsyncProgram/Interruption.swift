import Glibc
import LinuxSystem
import RsyncCommand
import RsyncEngine
import RsyncOptions
import Synchronization
import Transport

/// Ends a client, or the server of a remote shell, cleanly when SIGTERM, SIGINT or SIGHUP (code 20) or SIGUSR1 (code
/// 19) arrives, or at a point in time (code 30): the stream is closed, the session keeps what `--partial` asks it to keep, and the program ends.
///
/// ## Concurrency model
/// `cutting` is guarded by its lock.
final class Interruption: Sendable {
    /// How long a session may take to end; a local copy has no stream to close and ends at once.
    fileprivate static let patience: UInt32 = 5

    private struct Cutting {
        var stream: (any ByteStream)?
        var code: Int32?
    }

    /// The state that the signal's and the session's threads share; it must not keep the runner alive.
    private final class Shared: Sendable {
        let cutting = Mutex(Cutting())

        let role: String

        init(role: String) { self.role = role }

        /// Closes the stream, and ends the process if its session does not do so in time.
        func end(_ code: Int32, _ output: ConsoleOutput) {
            let stream = cutting.withLock { cutting in
                cutting.code = cutting.code ?? code
                return cutting.stream
            }
            if let stream {
                stream.close()
                sleep(Interruption.patience)
            }
            output.error(ExitText.line(code: code, role: role))
            _exit(code)
        }
    }

    private let shared: Shared
    private let output: ConsoleOutput
    private let termination: Termination
    /// Nothing is ever queued: waiting for it is sleeping.
    private let silence = BoundedQueue<Never>(capacity: 1, name: "the time to stop")

    /// Watches for the signals from now on; created before any other thread.
    init(output: ConsoleOutput, role: String = "client") throws(CommandError) {
        self.output = output
        let shared = Shared(role: role)
        self.shared = shared
        termination = try Termination(endsByUser: true) { shared.end($0 == SIGUSR1 ? 19 : 20, output) }
    }

    /// Ends the client at a point in time.
    func come(at stop: StopTime) throws(CommandError) {
        let (shared, output, silence) = (shared, output, silence)
        do throws(SystemError) {
            _ = try WorkerThread(name: "dvm-stop") {
                guard case .timedOut = silence.pop(within: .seconds(stop.secondsLeft)) else { return }
                output.error("stopping at requested limit")
                shared.end(30, output)
            }
        } catch {
            throw .failed("no thread could be started: \(error)", exitCode: 14)
        }
    }

    /// The exit code of what has ended the client; nil if nothing has.
    var code: Int32? { shared.cutting.withLock { $0.code } }

    /// Sets the stream that a signal closes; closes it at once when one has arrived.
    func cut(_ stream: any ByteStream) {
        let isLate = shared.cutting.withLock { cutting in
            cutting.stream = stream
            return cutting.code != nil
        }
        if isLate { stream.close() }
    }
}
