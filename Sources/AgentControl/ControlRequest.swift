import Transport

/// A kind of request that a target answers.
///
/// To add one: a file under `Requests` with a type that conforms and the ``ControlClient`` extension that asks, and its
/// name in ``ControlServer/requests``.
protocol ControlRequest: Sendable {
    /// Its name in the conversation; a peer that is older does not know it, so names never change their meaning.
    static var name: String { get }
    /// The time for the answer, whatever it takes.
    static var limit: Duration { get }
    /// Whether the connection is used for something else after the answer.
    static var endsConversation: Bool { get }

    /// Finds the answer.
    ///
    /// - Parameters:
    ///   - arguments: The request, an object of a peer that has proved the password; nothing in it is checked.
    ///   - context: What the target has.
    /// - Returns: The members of the answer.
    /// - Throws: ``ControlError/refused(_:)``, which the peer is told; other errors end the conversation.
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
    /// The connection, for requests that data follows.
    let channel: ControlChannel
    /// When the request at work must be answered.
    var deadline = ContinuousClock.now
    /// The target's volumes.
    let volumes: any ControlVolumes
    /// Who asks.
    var user = ""
    /// What the connection runs over; nil where that is no socket.
    var socket: SocketStream?
}
