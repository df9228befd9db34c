import Glibc
package import LinuxSystem
import Synchronization
import Transport

/// The local socket through which the commands of an exec talk to the agent that runs in the container.
///
///     C>A  {"request":NAME}
///     A>C  the answer, or {"error":TEXT}
///
/// The frames are those of ``ControlChannel``; a connection has one request. Only the agent's own user and root are
/// answered; the kernel says who connected.
///
/// ## Concurrency model
/// One thread accepts, each connection has one of its own. The handler is called on these, and must not wait for the
/// agent's work.
package final class LocalServer: Sendable {
    /// Answers a request; nil for one that it does not know.
    package typealias Handler = @Sendable (_ request: String) -> [(String, JSONValue)]?

    /// The time for a request and its answer.
    static let limit = Duration.seconds(5)
    /// The largest answer in bytes: the status of the most volumes that a job may have.
    static let largestAnswer = 4 << 20
    /// How many connections there may be at a time; others are closed.
    private static let places = 16

    private let listener: Listener
    private let handler: Handler
    private let connections = Atomic<Int>(0)
    private let strangers = Atomic<Int>(0)

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

    /// Answers requests from now on, on other threads, for as long as the process runs.
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

    /// Answers no more.
    package func close() { listener.close() }

    private func receive(_ stream: SocketStream) {
        let isAllowed = stream.peerUser.map { $0 == 0 || $0 == geteuid() } ?? false
        guard takePlace(isAllowed) else { return end(stream, isAllowed) }
        do throws(SystemError) {
            _ = try WorkerThread(name: "dvm-local") { [self] in
                serve(stream, isAllowed)
                end(stream, isAllowed)
            }
        } catch {
            end(stream, isAllowed)
        }
    }

    /// Counts a connection; strangers take no place from the agent's own user and root.
    private func takePlace(_ isAllowed: Bool) -> Bool {
        let taken =
            isAllowed
            ? connections.add(1, ordering: .relaxed).newValue : strangers.add(1, ordering: .relaxed).newValue
        return taken <= Self.places
    }

    private func end(_ stream: SocketStream, _ isAllowed: Bool) {
        stream.close()
        if isAllowed {
            connections.subtract(1, ordering: .relaxed)
        } else {
            strangers.subtract(1, ordering: .relaxed)
        }
    }

    private func serve(_ stream: SocketStream, _ isAllowed: Bool) {
        let channel = ControlChannel(stream, sendLimit: Self.largestAnswer)
        stream.writeTimeout = Self.limit
        do throws(ControlError) {
            let request = try channel.message(by: .now + Self.limit, "a request")["request"]?.asText ?? ""
            try channel.send(answer(to: request, isAllowed))
        } catch {
            // The client is gone, or too slow, and nobody else waits for it.
        }
        channel.close()
    }

    private func answer(to request: String, _ isAllowed: Bool) -> [(String, JSONValue)] {
        guard isAllowed else { return [("error", .text("only user \(geteuid()) and root may ask"))] }
        return handler(request) ?? [("error", .text("unknown request")), ("unknown", .flag(true))]
    }
}

/// The other end: a command that asks the agent.
package enum LocalClient {
    /// Asks once; blocks the calling thread for at most a few seconds.
    ///
    /// - Parameters:
    ///   - request: The request's name.
    ///   - name: The agent's socket.
    /// - Returns: The answer.
    /// - Throws: ``ControlError``.
    package static func ask(_ request: String, at name: String) throws(ControlError) -> JSONValue {
        let stream: SocketStream
        do throws(TransportError) { stream = try dialLocal(name, within: LocalServer.limit) } catch {
            throw .transport(error)
        }
        let channel = ControlChannel(stream)
        // An abstract name belongs to whoever took it first.
        guard let user = stream.peerUser, user == 0 || user == geteuid() else {
            channel.close()
            throw .refused("\(name) belongs to another user's process")
        }
        channel.trustPeer(upTo: LocalServer.largestAnswer)
        defer { channel.close() }
        try channel.send([("request", .text(request))])
        let answer = try channel.message(by: .now + LocalServer.limit, "the answer to \"\(request)\"")
        guard let refusal = answer.refusal else { return answer }
        throw answer["unknown"]?.asFlag == true ? .unknownRequest(request) : .refused(refusal)
    }
}
