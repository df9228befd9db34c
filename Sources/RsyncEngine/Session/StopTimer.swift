import LinuxSystem
import RsyncOptions

/// Ends a server's session at the time that its client gave it (`--stop-after`, `--stop-at`; rsync(1)).
///
/// ## Concurrency model
/// One thread, `dvm-stop`, waits; ``cancel()`` is called on the session's own thread.
final class StopTimer {
    private let cancelled = BoundedQueue<Never>(capacity: 1, name: "the time to stop")
    private let thread: WorkerThread

    /// Starts waiting.
    ///
    /// - Parameters:
    ///   - time: When to stop.
    ///   - state: Fails then, with exit code 30.
    /// - Throws: ``EngineError`` when no thread could be started.
    init(_ time: StopTime, _ state: SessionState) throws(EngineError) {
        let cancelled = cancelled
        do throws(SystemError) {
            thread = try WorkerThread(name: "dvm-stop") {
                guard case .timedOut = cancelled.pop(within: .seconds(time.secondsLeft)) else { return }
                state.fail(.requestedStop)
            }
        } catch {
            throw .usage("no thread could be started: \(error)", exitCode: 14)
        }
    }

    /// Ends the wait.
    func cancel() {
        cancelled.close()
        thread.join()
    }
}
