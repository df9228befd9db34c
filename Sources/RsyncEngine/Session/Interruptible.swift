import LinuxSystem

/// Something that threads of a session may wait for: the session's first failure ends the wait.
protocol Interruptible: AnyObject, Sendable {
    /// Ends every wait, once; called on the thread that found the failure. Never blocks.
    func interrupt()
}

extension BoundedQueue: Interruptible {
    func interrupt() { cancel() }
}

extension PumpedSource: Interruptible {}
