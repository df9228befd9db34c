package import AgentControl
package import Transport

/// What a target that was called turned out to be.
package enum TargetAnswer {
    /// Of our kind: a control conversation, logged in.
    case ours(ControlClient)
    /// Stock: the open tunnel, on which nothing was said yet.
    case stock(any ByteStream)

    /// Ends the connection.
    package func close() {
        switch self {
        case .ours(let client): client.close()
        case .stock(let stream): stream.close()
        }
    }
}

extension SourceJob {
    /// Calls the target and finds out whether it is of our kind; blocks the calling thread.
    ///
    /// - Parameters:
    ///   - call: Ends the attempt when it is cancelled, and what came of it.
    ///   - isQuiet: Whether TCP, too, is silent on the connection.
    /// - Returns: The control conversation, or the open stream of a stock target.
    /// - Throws: ``AgentError``.
    package func callTarget(for call: CancellableCall, isQuiet: Bool = false) throws(AgentError) -> TargetAnswer {
        try route.answer(for: call, user: user, password: password, isQuiet: isQuiet)
    }
}
