import LinuxSystem
import RsyncEngine
import Transport
import VolumeAccess

/// The target's end of control conversations.
///
/// Blocks the calling thread; every wait is bounded.
struct ControlServer {
    /// All that can be asked.
    static var requests: [any ControlRequest.Type] {
        [VolumeRequest.self, PassRequest.self, SizesRequest.self, ThroughputRequest.self, QuietRequest.self]
    }

    let credentials: Credentials
    /// What is promised of a volume that is called complete.
    let durability: Durability
    /// Who writes to volumes.
    let writers: WriterTable
    /// How long a peer that was let in may be silent between requests.
    let idleLimit: Duration
    /// Opens the volume of a name; nil where there is none.
    let volume: @Sendable (String) throws(ControlError) -> Volume?

    init(
        credentials: Credentials,
        durability: Durability = .power,
        writers: WriterTable = WriterTable(),
        idleLimit: Duration = SilenceLimit.usual,
        volume: @escaping @Sendable (String) throws(ControlError) -> Volume?
    ) {
        self.credentials = credentials
        self.durability = durability
        self.writers = writers
        self.idleLimit = idleLimit
        self.volume = volume
    }

    /// What happened, for the log.
    struct Report {
        /// Who proved the password; empty when nobody did.
        var user = ""
        /// The requests that were answered.
        var answered = 0
        /// What ended the conversation, if it was not the peer's wish.
        var failure: ControlError?
    }

    /// Serves one peer.
    ///
    /// - Parameters:
    ///   - stream: Connected with a peer that chose our protocol; the caller closes it.
    ///   - socket: What the stream runs over; nil where that is no socket.
    ///   - admission: Called after the login; false ends the conversation, since there are too many.
    /// - Returns: What happened.
    func serve(
        _ stream: any ByteStream,
        over socket: SocketStream? = nil,
        admission: () -> Bool = { true }
    ) -> Report {
        var report = Report()
        let channel = ControlChannel(stream)
        do throws(ControlError) {
            report.user = try ControlLogin.admit(channel, credentials, pause: Self.pause)
            guard admission() else { throw .broken("too many conversations") }
            channel.trustPeer()
            var context = ControlContext(
                channel: channel,
                durability: durability,
                volume: volume,
                writers: writers,
                socket: socket
            )
            context.user = report.user
            try answerAll(context, &report)
        } catch {
            // Somebody who hangs up before the login wanted to know whether we are of its kind.
            if case .ended = error, report.user.isEmpty {} else { report.failure = error }
        }
        channel.close()
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
            } catch {
                guard case .refused(let text) = error else { throw error }
                try channel.send([("error", .text(text))])
            }
            report.answered += 1
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

extension ControlServer.Report {
    /// The part of a log line behind the client's address.
    var line: String {
        if case .loginRefused = failure { return ": " + SessionNotes.wrongPassword }
        var text = user.isEmpty ? "" : ", user \(DaemonSession.Report.shown(Array(user.utf8)))"
        text += ": control, \(answered) requests"
        switch failure {
        case .some(let failure): text += ": \(failure)"
        case nil: break
        }
        return text
    }
}
