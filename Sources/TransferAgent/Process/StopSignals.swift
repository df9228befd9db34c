import Glibc
import LinuxSystem

/// SIGINT and SIGTERM, taken by a thread instead of ending the process.
///
/// ## Concurrency model
/// The signals are blocked in the main thread, hence in all threads that it starts later; the Swift pool's threads block
/// all signals by themselves. The main thread must not be handed to the Swift runtime (an `async` main): libdispatch
/// then makes a thread that lets every signal in.
public enum StopSignals {
    /// Blocks the signals; to be called on the main thread before any other thread is started.
    public static func block() {
        var set = watched
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Runs asynchronous work while the calling thread, the main one, sleeps.
    ///
    /// The first signal cancels the work, a second one ends the process at once with rsync's exit code 20.
    ///
    /// - Parameter work: What to do.
    /// - Returns: What the work returned, after a signal too.
    /// - Throws: ``AgentError`` when no thread can be had to wait for signals.
    public static func run<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value
    ) throws(AgentError) -> Value {
        let answer = BoundedQueue<Value>(capacity: 1, name: "end of the work")
        let task = Task {
            let value = await work()
            answer.push(value)
        }
        try watch { count in
            // A second signal is from somebody who will not wait.
            guard count == 1 else { _exit(20) }
            task.cancel()
        }
        guard let value = answer.pop() else {
            throw AgentError(.cancelled, "stopped before the work had ended", exitCode: 20)
        }
        return value
    }

    /// Starts to wait for the signals.
    private static func watch(_ handler: @escaping @Sendable (_ count: Int) -> Void) throws(AgentError) {
        do throws(SystemError) {
            _ = try WorkerThread(name: "dvm-signals") {
                var set = watched
                var count = 0
                while true {
                    var number: Int32 = 0
                    guard unsafe sigwait(&set, &number) == 0 else { return }
                    count += 1
                    handler(count)
                }
            }
        } catch {
            throw AgentError(.noResources, "no thread can be started: \(error)", exitCode: 14)
        }
    }

    private static var watched: sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, SIGINT)
        unsafe sigaddset(&set, SIGTERM)
        return set
    }
}
