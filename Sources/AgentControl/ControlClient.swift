import LinuxSystem
package import SecureTunnel
package import Transport

/// The source's end of a control conversation with a `dvm-target`.
///
/// The requests are in the files in `Requests`, each an extension of this type. They are made one after the
/// other, by one thread; each blocks it until the answer arrives, at most for its limit.
package final class ControlClient {
    let channel: ControlChannel
    /// The features that the target reports, beyond the requests.
    package let abilities: Set<String>
    private let silenceLimit: Duration

    /// Logs in over an established TLS connection.
    ///
    /// - Parameters:
    ///   - stream: The connection; closed when this throws.
    ///   - identity: The user and the password.
    ///   - silenceLimit: The longest wait for an answer; a request with a shorter limit uses that.
    /// - Throws: ``ControlError``.
    package init(
        over stream: any ByteStream,
        as identity: ControlLogin.Identity,
        silenceLimit: Duration
    ) throws(ControlError) {
        channel = ControlChannel(stream)
        self.silenceLimit = silenceLimit
        do throws(ControlError) {
            abilities = try ControlLogin.enter(
                channel,
                as: identity,
                within: min(ControlLogin.limit, silenceLimit)
            )
        } catch {
            stream.close()
            throw error
        }
        channel.trustPeer()
    }

    /// Whether the peer selected the dvm protocol in the TLS handshake; a stock one never does.
    package static func isOffered(by stream: TLSStream) -> Bool {
        stream.session.applicationProtocol == ControlChannel.applicationProtocol
    }

    /// Ends the conversation.
    package func close() { channel.close() }

    /// Sends a request and waits for the answer.
    ///
    /// - Parameters:
    ///   - name: The request.
    ///   - arguments: Its members.
    ///   - limit: The time for the answer; longer than the target's own, which knows better what it waits for.
    /// - Returns: The answer.
    /// - Throws: ``ControlError/refused(_:)`` and ``ControlError/unknownRequest(_:)``, after which the conversation
    ///   continues; ``ControlError/stopped`` when the target ended it.
    package func ask(
        _ name: String,
        _ arguments: [(String, JSONValue)],
        within limit: Duration
    ) throws(ControlError) -> JSONValue {
        do throws(ControlError) {
            try begin(name, arguments)
        } catch {
            throw wasStopped ? .stopped : error
        }
        return try answer(to: name, within: min(limit, silenceLimit))
    }

    /// Whether a target that has closed the connection said before that it was stopped.
    private var wasStopped: Bool {
        let message = try? channel.message(by: .now + .seconds(1), "the last message")
        return message?[ControlServer.stopping]?.asFlag == true
    }

    /// Sends a request whose answer comes later.
    package func begin(_ name: String, _ arguments: [(String, JSONValue)]) throws(ControlError) {
        try channel.send([("request", .text(name))] + arguments)
    }

    /// Waits for the answer to the request that was sent last.
    package func answer(to name: String, within limit: Duration) throws(ControlError) -> JSONValue {
        let answer = try channel.message(by: .now + limit, "the answer to \"\(name)\"")
        guard answer[ControlServer.stopping]?.asFlag != true else { throw .stopped }
        guard let refusal = answer.refusal else { return answer }
        throw answer["unknown"]?.asFlag == true ? .unknownRequest(name) : .refused(refusal)
    }
}

extension ControlClient {
    /// Whether the target sends keep-alives in every phase of a session, and expects them from the source.
    package var sendsKeepAlives: Bool { abilities.contains(ControlLogin.sendsKeepAlives) }
}

extension JSONValue {
    /// The printable text of a peer's refusal; nil when there is none.
    package var refusal: String? {
        self["error"]?.asText.map { PrintableText.ofPeer($0) }
    }
}
