import LinuxSystem

/// Runs work that blocks on its own thread, so that the few threads of the Swift pool stay free for other tests.
///
/// - Parameter body: What blocks.
/// - Returns: What it returned.
/// - Throws: What it threw.
package func offPool<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        do {
            _ = try WorkerThread(name: "off-pool") { continuation.resume(with: Result { try body() }) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}
