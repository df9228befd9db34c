import AgentControl
import LinuxSystem
import TransferAgent

/// The checks of a connection to a target, in the order in which they run.
enum ConnectionCheck: String, Sendable, CaseIterable {
    /// The name of the target, or of the proxy, can be resolved.
    case name
    /// TCP connects to the target, or to the proxy.
    case connection
    /// The proxy connects to the target.
    case proxy
    /// The target supports TLS.
    case tls
    /// The certificate is the target's own, not replaced on the connection path.
    case certificate
    /// The source volume can be read.
    case source
    /// A daemon sends its greeting inside TLS.
    case greeting
    /// It has the volume.
    case volume
    /// It accepts the user and the password.
    case password
    /// It allows writing to the volume.
    case writing
    /// What a transfer checks of the volume there: whether it fits, can be written to, and keeps what is sent.
    case space
    /// The throughput over some seconds.
    case throughput
    /// Nothing on the connection path cuts an idle connection.
    case idle
}

/// The result of a check.
struct CheckReport: Sendable {
    /// The outcome.
    enum Outcome: Sendable, Equatable {
        /// The check passed.
        case ok
        /// The check was not run; the text says why.
        case skipped
        /// The check failed.
        case failed(AgentError)
    }

    let check: ConnectionCheck
    /// The volume it is about; nil for the connection as a whole.
    let volume: String?
    /// The outcome.
    let outcome: Outcome
    /// What was observed.
    let observed: String
    /// The duration.
    let elapsed: Duration

    /// One line for the user, without a line end.
    var line: String {
        let word =
            switch outcome {
            case .ok: "ok"
            case .skipped: "skipped"
            case .failed: "FAILED"
            }
        let what = check.rawValue + (volume.map { " \($0)" } ?? "")
        return padded(word, 9) + padded(what, 18) + padded(Figures.fixed(elapsed.inSeconds) + " s", 9) + observed
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    /// The members of the JSON object.
    var json: [(String, JSONValue)] {
        var members: [(String, JSONValue)] = [
            ("event", .text("check")),
            ("check", .text(check.rawValue)),
            ("volume", volume.map { .text($0) } ?? .null),
        ]
        switch outcome {
        case .ok: members.append(("outcome", .text("ok")))
        case .skipped: members.append(("outcome", .text("skipped")))
        case .failed: members.append(("outcome", .text("failed")))
        }
        return members + [("observed", .text(observed)), ("elapsedSeconds", .decimal(elapsed.inSeconds))]
    }
}
