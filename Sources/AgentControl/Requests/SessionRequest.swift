package import Transport

/// The end of the conversation, and a session of rsync's protocol on the same connection.
///
///     S>T  {"request":"session"}
///     T>S  {"session":true}, then a daemon's greeting
///
/// A source saves a connection, the proxy's answer and a TLS handshake.
enum SessionRequest: ControlRequest {
    static let name = "session"
    static let limit = Duration.seconds(20)
    static var endsConversation: Bool { true }

    static func answer(
        _ arguments: JSONValue,
        _ context: ControlContext
    ) throws(ControlError) -> [(String, JSONValue)] {
        guard context.channel.isDrained else { throw .broken("bytes after the request for a session") }
        return [("session", .flag(true))]
    }
}

extension ControlClient {
    /// The longest idle time after which a connection is used for a session: something may have cut one that rested longer.
    private static let restLimit = Duration.seconds(20)

    /// Ends the conversation and keeps its connection for a session.
    ///
    /// - Returns: The connection, on which the target greets; nil when it is closed, because the target is older or the
    ///   connection broke or rested too long.
    package func turnIntoSession() -> (any ByteStream)? {
        guard channel.idleTime < Self.restLimit else {
            close()
            return nil
        }
        channel.readsAhead = false
        do throws(ControlError) {
            let answer = try ask(SessionRequest.name, [], within: SessionRequest.limit)
            // The late answer to an earlier request is not this one, which would then stand in front of the greeting.
            guard answer[SessionRequest.name]?.asFlag == true, channel.isDrained else {
                close()
                return nil
            }
            return channel.handOver()
        } catch {
            // A new connection tells what is wrong, if anything is.
            close()
            return nil
        }
    }
}
