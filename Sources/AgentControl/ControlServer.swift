import LinuxSystem
package import SecureTunnel
package import Transport

/// The target's end of control conversations.
///
/// Blocks the calling thread; every wait is bounded.
package struct ControlServer {
    /// All known requests.
    static var requests: [any ControlRequest.Type] {
        [
            VolumeRequest.self, PassRequest.self, SizesRequest.self, ThroughputRequest.self, QuietRequest.self,
            ChangesRequest.self, SessionRequest.self,
        ]
    }

    /// The member of the last message to a peer when this side was stopped: `{"stopping":true}`.
    static let stopping = "stopping"
    /// How often an idle conversation looks whether this side was stopped.
    private static let tick = Duration.milliseconds(200)

    private let volumes: any ControlVolumes
    private let password: @Sendable ([UInt8]) -> SecretBytes?
    private let idleLimit: Duration

    /// Prepares to serve.
    ///
    /// - Parameters:
    ///   - volumes: What requests are answered from.
    ///   - idleLimit: How long an authenticated peer may be silent between requests.
    ///   - password: Looks up the password of a user; nil for an unknown one.
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
        /// The authenticated user; empty without a login.
        package var user = ""
        /// The requests that were answered.
        package var answered = 0
        /// The error that ended the conversation; nil when the peer ended it.
        package var failure: ControlError?
        /// Whether the peer requested a session on the same connection, which then stays open.
        package var wantsSession = false

        package init() {}
    }

    /// Serves one peer.
    ///
    /// - Parameters:
    ///   - stream: Connected to a peer that selected the dvm protocol; the caller closes it, or serves a session on it.
    ///   - socket: The socket below the stream; nil where there is none.
    ///   - isStopped: Whether this side was stopped: the peer is told instead of answered.
    ///   - admission: Called after the login; false ends the conversation because of the session limit.
    /// - Returns: What happened.
    package func serve(
        _ stream: any ByteStream,
        over socket: SocketStream? = nil,
        isStopped: @escaping () -> Bool = { false },
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
            try answerAll(context, &report, isStopped)
        } catch {
            // A peer that closes the connection before the login only probed for a dvm-target.
            if case .ended = error, report.user.isEmpty {} else { report.failure = error }
        }
        if report.wantsSession { _ = channel.handOver() } else { channel.close() }
        return report
    }

    private func answerAll(
        _ start: ControlContext,
        _ report: inout Report,
        _ isStopped: () -> Bool
    ) throws(ControlError) {
        var context = start
        let channel = start.channel
        while let request = try nextRequest(channel, isStopped) {
            let name = request["request"]?.asText ?? ""
            guard let kind = Self.requests.first(where: { $0.name == name }) else {
                try channel.send([("error", .text("unknown request")), ("unknown", .flag(true))])
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

    /// The next request; nil when the peer has ended the conversation, makes no more requests, or was told that this
    /// side was stopped.
    private func nextRequest(_ channel: ControlChannel, _ isStopped: () -> Bool) throws(ControlError) -> JSONValue? {
        let deadline = ContinuousClock.now + idleLimit
        do throws(ControlError) {
            while true {
                let hasBegun = try channel.waitForFrame(by: min(deadline, .now + Self.tick), "a request")
                if isStopped() {
                    try channel.send([(Self.stopping, .flag(true))])
                    return nil
                }
                if hasBegun { return try channel.message(by: deadline, "a request") }
                guard .now < deadline else { return nil }
            }
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
