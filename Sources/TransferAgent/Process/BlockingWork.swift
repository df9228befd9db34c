import LinuxSystem

/// Runs blocking work on its own thread and suspends until it has ended.
///
/// - Parameters:
///   - name: The thread's.
///   - cancel: Makes the work end soon; called when the task is cancelled, from any thread, perhaps before the work.
///   - work: The work; it ends in good time after `cancel`.
/// - Returns: What the work returned.
/// - Throws: ``AgentError`` when no thread can be started.
package func onThread<Value: Sendable>(
    _ name: String,
    cancel: @escaping @Sendable () -> Void,
    _ work: @escaping @Sendable () -> Value
) async throws(AgentError) -> Value {
    let answer: Result<Value, AgentError> = await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            do throws(SystemError) {
                _ = try WorkerThread(name: name) { continuation.resume(returning: .success(work())) }
            } catch {
                let failure = AgentError(.noResources, "no thread can be started: \(error)", exitCode: 14)
                continuation.resume(returning: .failure(failure))
            }
        }
    } onCancel: {
        cancel()
    }
    return try answer.get()
}
