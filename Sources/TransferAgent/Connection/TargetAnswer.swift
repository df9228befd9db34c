package import AgentControl
package import Transport

/// What kind of target answered.
package enum TargetAnswer {
    /// Of our kind: a control conversation, logged in.
    case ours(ControlClient)
    /// A stock target: the open tunnel, on which nothing was exchanged yet.
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
    /// Connects to the target and determines whether it is a dvm agent; blocks the calling thread.
    ///
    /// - Parameters:
    ///   - call: Ends the attempt when it is cancelled, and what came of it.
    ///   - isQuiet: Whether TCP keep-alives are off, too.
    /// - Returns: The control conversation, or the open stream of a stock target.
    /// - Throws: ``AgentError``.
    package func callTarget(for call: CancellableCall, isQuiet: Bool = false) throws(AgentError) -> TargetAnswer {
        try route.answer(for: call, user: user, password: password, isQuiet: isQuiet)
    }
}
