import Transport

/// A kind of request that a target answers.
///
/// To add one: a file in `Requests` with a conforming type and the ``ControlClient`` extension that sends it, and its
/// name in ``ControlServer/requests``.
protocol ControlRequest: Sendable {
    /// Its name in the conversation. Names never change their meaning, because older peers may know them.
    static var name: String { get }
    /// The time limit for the answer.
    static var limit: Duration { get }
    /// Whether the connection is used for something else after the answer.
    static var endsConversation: Bool { get }

    /// Computes the answer.
    ///
    /// - Parameters:
    ///   - arguments: The request, an object from an authenticated peer; nothing in it has been checked.
    ///   - context: The target's side.
    /// - Returns: The members of the answer.
    /// - Throws: ``ControlError/refused(_:)``, which is sent to the peer; other errors end the conversation.
    static func answer(
        _ arguments: JSONValue,
        _ context: ControlContext
    ) throws(ControlError) -> [(String, JSONValue)]
}

extension ControlRequest {
    static var endsConversation: Bool { false }
}

/// What requests are answered from.
struct ControlContext {
    /// The connection, for requests that are followed by data.
    let channel: ControlChannel
    /// The deadline of the current request.
    var deadline = ContinuousClock.now
    /// The target's volumes.
    let volumes: any ControlVolumes
    /// The authenticated user.
    var user = ""
    /// The socket below the connection; nil where there is none.
    var socket: SocketStream?
}
