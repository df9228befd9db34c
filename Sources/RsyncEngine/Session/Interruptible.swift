import LinuxSystem

/// What threads of a session may be waiting in, or for: the session's first failure ends the wait.
protocol Interruptible: AnyObject, Sendable {
    /// Ends every wait, once; called on the thread that found the failure. Never waits itself.
    func interrupt()
}

extension BoundedQueue: Interruptible {
    func interrupt() { cancel() }
}

extension PumpedSource: Interruptible {}
