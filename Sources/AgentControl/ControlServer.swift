import LinuxSystem
package import SecureTunnel
package import Transport

/// The target's end of control conversations.
///
/// Blocks the calling thread; every wait is bounded.
package struct ControlServer {
    /// All that can be asked.
    static var requests: [any ControlRequest.Type] {
        [
            VolumeRequest.self, PassRequest.self, SizesRequest.self, ThroughputRequest.self, QuietRequest.self,
            SessionRequest.self,
        ]
    }

    private let volumes: any ControlVolumes
    private let password: @Sendable ([UInt8]) -> SecretBytes?
    private let idleLimit: Duration

    /// Prepares to serve.
    ///
    /// - Parameters:
    ///   - volumes: What requests are answered from.
    ///   - idleLimit: How long a peer that was let in may be silent between requests.
    ///   - password: Finds the password of a user; nil for one that is unknown.
    package init(
        volumes: any ControlVolumes,
        idleLimit: Duration,
        password: @escaping @Sendable ([UInt8]) -> SecretBytes?
    ) {
        self.volumes = volumes
        self.idleLimit = idleLimit
        self.password = password
    }

    /// What happened, for the log.
    package struct Report {
        /// Who proved the password; empty when nobody did.
        package var user = ""
        /// The requests that were answered.
        package var answered = 0
        /// What ended the conversation, if it was not the peer's wish.
        package var failure: ControlError?
        /// Whether the peer wants a session on the same connection, which is left open then.
        package var wantsSession = false

        package init() {}
    }

    /// Serves one peer.
    ///
    /// - Parameters:
    ///   - stream: Connected with a peer that chose our protocol; the caller closes it, or serves a session on it.
    ///   - socket: What the stream runs over; nil where that is no socket.
    ///   - admission: Called after the login; false ends the conversation, since there are too many.
    /// - Returns: What happened.
    package func serve(
        _ stream: any ByteStream,
        over socket: SocketStream? = nil,
        admission: () -> Bool = { true }
    ) -> Report {
        var report = Report()
        let channel = ControlChannel(stream)
        do throws(ControlError) {
            report.user = try ControlLogin.admit(channel, password: password, pause: Self.pause)
            guard admission() else { throw .broken("too many conversations") }
            channel.trustPeer()
            var context = ControlContext(channel: channel, volumes: volumes, socket: socket)
            context.user = report.user
            try answerAll(context, &report)
        } catch {
            // Somebody who hangs up before the login wanted to know whether we are of its kind.
            if case .ended = error, report.user.isEmpty {} else { report.failure = error }
        }
        if report.wantsSession { _ = channel.handOver() } else { channel.close() }
        return report
    }

    private func answerAll(_ start: ControlContext, _ report: inout Report) throws(ControlError) {
        var context = start
        let channel = start.channel
        while let request = try nextRequest(channel) {
            let name = request["request"]?.asText ?? ""
            guard let kind = Self.requests.first(where: { $0.name == name }) else {
                try channel.send([("error", .text("the request is not known here")), ("unknown", .flag(true))])
                continue
            }
            context.deadline = .now + kind.limit
            do throws(ControlError) {
                try channel.send(try kind.answer(request, context))
                report.wantsSession = kind.endsConversation
            } catch {
                guard case .refused(let text) = error else { throw error }
                try channel.send([("error", .text(text))])
            }
            report.answered += 1
            if report.wantsSession { return }
        }
    }

    /// The next request; nil when the peer has ended the conversation, or asks for nothing any more.
    private func nextRequest(_ channel: ControlChannel) throws(ControlError) -> JSONValue? {
        do throws(ControlError) {
            return try channel.message(by: .now + idleLimit, "a request")
        } catch {
            switch error {
            case .ended, .silent: return nil
            default: throw error
            }
        }
    }

    private static func pause(_ time: Duration) {
        _ = BoundedQueue<Never>(capacity: 1, name: "penalty for a wrong password").pop(within: time)
    }
}
