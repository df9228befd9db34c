package import Transport

/// Ends the conversation and begins a session of rsync's protocol on the same connection.
///
///     S>T  {"request":"session"}
///     T>S  {"session":true}, then a daemon's greeting
///
/// This saves the source a connection, the proxy's reply and a TLS handshake.
enum SessionRequest: ControlRequest {
    static let name = "session"
    static let limit = Duration.seconds(20)
    static var endsConversation: Bool { true }

    static func answer(
        _ arguments: JSONValue,
        _ context: ControlContext
    ) throws(ControlError) -> [(String, JSONValue)] {
        guard context.channel.isDrained else { throw .broken("bytes after the session request") }
        return [("session", .flag(true))]
    }
}

extension ControlClient {
    /// The longest idle time after which a connection is used for a session: one that was idle for longer may have been
    /// cut.
    private static let restLimit = Duration.seconds(20)

    /// Ends the conversation and keeps its connection for a session.
    ///
    /// - Returns: The connection, on which the target sends its greeting; nil when it is closed, because the target is
    ///   older or the connection broke or was idle for too long.
    /// - Throws: ``ControlError/stopped``; there is no use in another connection then.
    package func turnIntoSession() throws(ControlError) -> (any ByteStream)? {
        guard channel.idleTime < Self.restLimit else {
            close()
            return nil
        }
        channel.readsAhead = false
        do throws(ControlError) {
            let answer = try ask(SessionRequest.name, [], within: SessionRequest.limit)
            // A late answer to an earlier request is not this answer, and would precede the greeting.
            guard answer[SessionRequest.name]?.asFlag == true, channel.isDrained else {
                close()
                return nil
            }
            return channel.handOver()
        } catch {
            close()
            if case .stopped = error { throw error }
            // A new connection reports what is wrong, if anything.
            return nil
        }
    }
}
