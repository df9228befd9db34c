import Glibc
import LinuxSystem
import ProcessSupport
import Synchronization

/// SIGINT and SIGTERM, taken by a thread instead of ending the process.
///
/// In process 1 of a container, SIGCHLD is taken too: the kernel makes the children of programs that have ended, such as
/// those of an exec, children of process 1, which has to collect their exit status.
///
/// ## Concurrency model
/// Blocked in the main thread (`AwaitedSignals`); see there why the main function must not be `async`.
package enum StopSignals {
    /// How long the process may run after the first signal.
    ///
    /// Work that the stop does not end, such as a wait for a slow disk, ends with the process. Kubernetes grants 30 s by
    /// default, `podman stop` 10 s.
    package static let limit = Duration.milliseconds(4700)

    /// Blocks the signals; to be called on the main thread before any other thread is started.
    package static func block() { _ = AwaitedSignals(blocking: numbers) }

    /// Runs asynchronous work while the calling thread, the main one, sleeps.
    ///
    /// The first signal cancels the work. ``limit`` after it, or at a second one, the stop is overdue: the process ends with
    /// rsync's exit code 20 as soon as what has to be done then is done, and at a third signal at once.
    ///
    /// - Parameters:
    ///   - end: Called, on another thread, before the process is ended so.
    ///   - overdue: What has to be done when the stop is overdue.
    ///   - work: What to do.
    /// - Returns: What the work returned, after a signal too.
    /// - Throws: ``AgentError`` when no thread can be started to wait for signals.
    package static func run<Value: Sendable>(
        beforeEnd end: @escaping @Sendable () -> Void = {},
        whenOverdue overdue: @escaping @Sendable () -> Void = {},
        _ work: @escaping @Sendable () async -> Value
    ) throws(AgentError) -> Value {
        let answer = BoundedQueue<Value>(capacity: 1, name: "end of the work")
        let task = Task {
            let value = await work()
            answer.push(value)
        }
        let patience = BoundedQueue<Never>(capacity: 1, name: "end of the process")
        let stops = Atomic(0)
        do throws(SystemError) {
            if isFirstProcess { reapChildren() }
            try AwaitedSignals(blocking: numbers).watch { number in
                if number == SIGCHLD {
                    reapChildren()
                    return true
                }
                let count = stops.add(1, ordering: .relaxed).newValue
                if count == 1, endLater(patience, overdue, end) {
                    task.cancel()
                } else if count == 2 {
                    patience.close()
                } else {
                    end()
                    _exit(20)
                }
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

    /// Ends the process when the stop is overdue: when ``limit`` has passed, or when `patience` is closed.
    ///
    /// - Returns: False when no thread can be started for that.
    private static func endLater(
        _ patience: BoundedQueue<Never>,
        _ overdue: @escaping @Sendable () -> Void,
        _ end: @escaping @Sendable () -> Void
    ) -> Bool {
        do throws(SystemError) {
            _ = try WorkerThread(name: "dvm-overdue") {
                _ = patience.pop(within: limit)
                overdue()
                end()
                _exit(20)
            }
            return true
        } catch {
            return false
        }
    }

    private static let isFirstProcess = getpid() == 1
    private static let numbers = [SIGINT, SIGTERM] + (isFirstProcess ? [SIGCHLD] : [])
}
