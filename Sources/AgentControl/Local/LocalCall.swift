import Glibc
package import Transport

/// A command's end of the local socket: one request to the agent, and what it answers.
///
/// One thread uses it; the stream may be closed by any.
package struct LocalCall {
    /// The connection; closing it ends the call.
    package let stream: SocketStream
    private let channel: ControlChannel
    private let request: String

    /// Connects and asks; waits for at most a few seconds.
    ///
    /// - Parameters:
    ///   - request: The request's name.
    ///   - members: Its further members.
    ///   - name: The agent's socket.
    /// - Throws: ``ControlError``.
    package init(
        _ request: String,
        _ members: [(String, JSONValue)] = [],
        at name: String
    ) throws(ControlError) {
        do throws(TransportError) {
            stream = try dialLocal(name, within: LocalServer.limit)
        } catch {
            throw .transport(error)
        }
        channel = ControlChannel(stream)
        self.request = request
        // An abstract name belongs to whoever took it first.
        guard let user = stream.peerUser, user == 0 || user == geteuid() else {
            channel.close()
            throw .refused("\(name) belongs to another user's process")
        }
        channel.trustPeer(upTo: LocalServer.largestAnswer)
        try channel.send([("request", .text(request))] + members)
    }

    /// Waits for the next message of the agent.
    ///
    /// - Parameter limit: The longest wait; nil for that of a request with one answer.
    /// - Returns: The message; one with a code is a refusal that the caller reads.
    /// - Throws: ``ControlError``, of class ``ControlError/refused(_:)`` for a refusal without a code.
    package func next(within limit: Duration? = nil) throws(ControlError) -> JSONValue {
        let answer = try channel.message(by: .now + (limit ?? LocalServer.limit), "the answer to \"\(request)\"")
        guard let refusal = answer.refusal, answer["code"] == nil else { return answer }
        throw answer["unknown"]?.asFlag == true ? .unknownRequest(request) : .refused(refusal)
    }

    /// Ends the call.
    package func close() { channel.close() }

    /// Asks for one answer; blocks the calling thread for at most a few seconds.
    ///
    /// - Parameters:
    ///   - request: The request's name.
    ///   - members: Its further members.
    ///   - name: The agent's socket.
    /// - Returns: The answer.
    /// - Throws: As ``next(within:)``.
    package static func ask(
        _ request: String,
        _ members: [(String, JSONValue)] = [],
        at name: String
    ) throws(ControlError) -> JSONValue {
        let call = try LocalCall(request, members, at: name)
        defer { call.close() }
        return try call.next()
    }
}
