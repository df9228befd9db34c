import Foundation
import LinuxSystem

/// Runs a closure on its own thread and hands over its outcome.
///
/// ## Concurrency model
/// `condition` guards the outcome, which the thread sets once.
package final class Background<Value: Sendable>: @unchecked Sendable {
    /// The closure did not come to an end.
    package struct Hangs: Error {}

    private let condition = NSCondition()
    private var outcome: Result<Value, any Error>?

    /// Starts the closure.
    package init(_ body: @escaping @Sendable () throws -> Value) throws {
        _ = try WorkerThread(name: "background") { [self] in
            let result = Result { try body() }
            condition.withLock {
                outcome = result
                condition.broadcast()
            }
        }
    }

    /// Waits for the outcome, at most this long.
    package func value(within seconds: Double = 50) throws -> Value {
        let deadline = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let outcome { return try outcome.get() }
            guard condition.wait(until: deadline) else { throw Hangs() }
        }
    }
}
