import LinuxSystem

/// Keeps a display up to date on its own thread: writing to a terminal or a pipe may block.
final class ProgressTicker: Sendable {
    private let stopped = BoundedQueue<Never>(capacity: 1, name: "end of the volume")
    private let thread: WorkerThread

    /// Starts to tick.
    init(_ display: ProgressDisplay) throws(AgentError) {
        let stopped = stopped
        do throws(SystemError) {
            thread = try WorkerThread(name: "dvm-progress") {
                while case .timedOut = stopped.pop(within: display.interval) { display.tick() }
            }
        } catch {
            throw AgentError(.noResources, "no thread can be started: \(error)", exitCode: 14)
        }
    }

    /// Ends the thread.
    func stop() {
        stopped.close()
        thread.join()
    }
}
