import Glibc
package import LinuxSystem
import Synchronization
import Transport

/// What a command asks of an agent over the local socket.
package struct LocalRequest: Sendable {
    /// The request's name, such as `status`.
    package let name: String
    private let members: JSONValue

    init(_ members: JSONValue) {
        name = members["request"]?.asText ?? ""
        self.members = members
    }

    /// Whether it is answered until something ends, while the client shows it.
    var isFollowing: Bool { name == "attach" || self["wait"]?.asFlag == true }

    /// A member of the request; nil if it has none of the name.
    package subscript(name: String) -> JSONValue? { members[name] }
}

/// How an agent answers a request.
package enum LocalReply: Sendable {
    /// With one message.
    case answer([(String, JSONValue)])
    /// With as many messages as the closure sends; it is called on a thread that it may block.
    case conversation(@Sendable (LocalConversation) -> Void)
    /// It does not know the request.
    case unknown
}

/// The local socket through which the commands of an exec talk to the agent that runs in the container.
///
///     C>A  {"request":NAME, …}
///     A>C  the answer, or {"error":TEXT}; several messages for a request that takes longer
///
/// The frames are those of ``ControlChannel``; a connection has one request. Only the agent's own user and root are
/// answered; the kernel says who connected.
///
/// ## Concurrency model
/// One thread accepts, each connection has one of its own. The handler is called on these, and must not wait for the
/// agent's work; a conversation may.
package final class LocalServer: Sendable {
    /// Answers a request.
    package typealias Handler = @Sendable (LocalRequest) -> LocalReply

    /// The time for a request and its answer.
    static let limit = Duration.seconds(5)
    /// The largest answer in bytes: the status of the most volumes that a job may have.
    static let largestAnswer = 4 << 20
    /// How long a client may leave a message of a conversation unread.
    private static let patience = Duration.seconds(60)

    /// What connections are counted as: none takes the place of another kind.
    private enum Kind { case request, stranger, conversation }
    /// How many connections there may be at a time, of a kind that asks once, and of conversations; others are closed.
    private static let (places, conversations) = (16, 64)

    private struct State {
        var open: [Kind: Int] = [:]
        var isClosed = false
    }

    private let listener: Listener
    private let handler: Handler
    private let state = Mutex(State())
    /// Closed when the last connection has ended after ``finish(within:)`` began.
    private let ended = BoundedQueue<Never>(capacity: 1, name: "end of the last command")

    /// Listens, before the process is confined.
    ///
    /// - Parameters:
    ///   - name: A path, or an abstract name after `@`.
    ///   - handler: Answers requests.
    /// - Throws: ``ControlError/transport(_:)``.
    package init(_ name: String, _ handler: @escaping Handler) throws(ControlError) {
        do throws(TransportError) { listener = try Listener(local: name) } catch { throw .transport(error) }
        self.handler = handler
    }

    /// Answers requests from now on, on other threads, until ``finish(within:)``.
    ///
    /// - Throws: `SystemError` when no thread can be started.
    package func start() throws(SystemError) {
        _ = try WorkerThread(name: "dvm-local") { [self] in
            do throws(TransportError) {
                while true { receive(try listener.accept()) }
            } catch {
                // The listener was closed.
            }
        }
    }

    /// Answers no more, and lets what was begun be told to its end.
    ///
    /// - Parameter limit: The longest wait for that.
    package func finish(within limit: Duration) {
        listener.close()
        let isEmpty = state.withLock { state in
            state.isClosed = true
            return state.open.values.allSatisfy { $0 == 0 }
        }
        if !isEmpty { _ = ended.pop(within: limit) }
    }

    private func receive(_ stream: SocketStream) {
        let isAllowed = stream.peerUser.map { $0 == 0 || $0 == geteuid() } ?? false
        let kind = isAllowed ? Kind.request : .stranger
        guard enter(kind) else { return stream.close() }
        do throws(SystemError) {
            _ = try WorkerThread(name: "dvm-local") { [self] in
                leave(serve(stream, kind))
            }
        } catch {
            stream.close()
            leave(kind)
        }
    }

    private func enter(_ kind: Kind) -> Bool {
        state.withLock { state in
            guard state.open[kind, default: 0] < (kind == .conversation ? Self.conversations : Self.places) else {
                return false
            }
            state.open[kind, default: 0] += 1
            return true
        }
    }

    private func leave(_ kind: Kind) {
        let isLast = state.withLock { state in
            state.open[kind, default: 0] -= 1
            return state.isClosed && state.open.values.allSatisfy { $0 == 0 }
        }
        if isLast { ended.close() }
    }

    /// Answers a connection's request.
    ///
    /// - Returns: As what the connection counts at its end.
    private func serve(_ stream: SocketStream, _ first: Kind) -> Kind {
        var kind = first
        let channel = ControlChannel(stream, sendLimit: Self.largestAnswer)
        stream.writeTimeout = Self.limit
        defer { channel.close() }
        do throws(ControlError) {
            let request = LocalRequest(try channel.message(by: .now + Self.limit, "a request"))
            guard kind == .request else {
                try channel.send([("error", .text("only user \(geteuid()) and root may ask"))])
                return kind
            }
            // A place before the request has an effect.
            guard !request.isFollowing || enter(.conversation) else {
                try channel.send([("error", .text("\(Self.conversations) commands follow this agent already"))])
                return kind
            }
            if request.isFollowing {
                leave(kind)
                kind = .conversation
            }
            switch handler(request) {
            case .answer(let members): try channel.send(members)
            case .unknown: try channel.send([("error", .text("unknown request")), ("unknown", .flag(true))])
            case .conversation(let talk):
                stream.writeTimeout = Self.patience
                talk(LocalConversation(channel, stream))
            }
            return kind
        } catch {
            // The client is gone, or too slow, and nobody else waits for it.
        }
        return kind
    }
}

/// The agent's end of a request that takes longer than one answer.
///
/// One thread uses it.
package final class LocalConversation {
    private let channel: ControlChannel
    private let stream: SocketStream

    init(_ channel: ControlChannel, _ stream: SocketStream) { (self.channel, self.stream) = (channel, stream) }

    /// Sends a message.
    ///
    /// - Parameter members: Those of a JSON object.
    /// - Returns: False when the client is gone: there is nobody to tell more.
    package func send(_ members: [(String, JSONValue)]) -> Bool {
        guard !stream.hasHungUp else { return false }
        do throws(ControlError) {
            try channel.send(members)
            return true
        } catch {
            return false
        }
    }
}
