import LinuxSystem

/// The thread of the commands before and after a pass: it is there before the first one, so that those after the pass do
/// not fail for want of it.
///
/// ## Concurrency model
/// The pass's task gives it work, one piece after the other; it ends with this object.
final class HookThread: Sendable {
    private let works = BoundedQueue<@Sendable () -> Void>(capacity: 1, name: "work around the pass")

    /// Starts it.
    ///
    /// - Throws: ``AgentError`` when there is no thread.
    init() throws(AgentError) {
        do throws(SystemError) {
            _ = try WorkerThread(name: "dvm-hooks") { [works] in
                while let work = works.pop() { work() }
            }
        } catch {
            throw AgentError(.noResources, "no thread can be started: \(error)", exitCode: 14)
        }
    }

    deinit { works.close() }

    /// Runs work on the thread.
    ///
    /// - Parameters:
    ///   - cancel: Called when the task is cancelled; makes the work end soon.
    ///   - work: What to do.
    /// - Returns: What it returned.
    func run<Value: Sendable>(
        cancel: @escaping @Sendable () -> Void,
        _ work: @escaping @Sendable () -> Value
    ) async -> Value {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                works.push { continuation.resume(returning: work()) }
            }
        } onCancel: {
            cancel()
        }
    }
}
