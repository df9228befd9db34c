import Glibc
import LinuxSystem
import ProcessSupport

/// SIGINT and SIGTERM, taken by a thread instead of ending the process.
///
/// ## Concurrency model
/// Blocked in the main thread (`AwaitedSignals`); see there why the main function must not be `async`.
package enum StopSignals {
    /// Blocks the signals; to be called on the main thread before any other thread is started.
    package static func block() { _ = AwaitedSignals(blocking: numbers) }

    /// Runs asynchronous work while the calling thread, the main one, sleeps.
    ///
    /// The first signal cancels the work, a second one ends the process at once with rsync's exit code 20.
    ///
    /// - Parameter work: What to do.
    /// - Returns: What the work returned, after a signal too.
    /// - Throws: ``AgentError`` when no thread can be started to wait for signals.
    package static func run<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value
    ) throws(AgentError) -> Value {
        let answer = BoundedQueue<Value>(capacity: 1, name: "end of the work")
        let task = Task {
            let value = await work()
            answer.push(value)
        }
        do throws(SystemError) {
            try AwaitedSignals(blocking: numbers).watch { _ in
                // A second signal means not to wait.
                guard !task.isCancelled else { _exit(20) }
                task.cancel()
                return true
            }
        } catch {
            throw AgentError(.noResources, "no thread can be started: \(error)", exitCode: 14)
        }
        guard let value = answer.pop() else {
            throw AgentError(.cancelled, "stopped before the work was complete", exitCode: 20)
        }
        return value
    }

    private static let numbers = [SIGINT, SIGTERM]
}
