/// A step on the way to a target, in the order in which they are taken.
public enum Rung: String, Sendable, CaseIterable {
    /// The name of the target, or of the proxy, has an address.
    case name
    /// TCP connects with the target, or with the proxy.
    case connection
    /// The proxy connects with the target.
    case proxy
    /// The target speaks TLS with us.
    case tls
    /// The certificate is the target's own, and nobody on the road shows another.
    case certificate
    /// The source volume can be read.
    case source
    /// A daemon greets behind TLS.
    case greeting
    /// It has the volume.
    case volume
    /// It accepts the user and the password.
    case password
    /// It lets the volume be written.
    case writing
    /// There is room at the target.
    case space
    /// How much goes through in some seconds.
    case throughput
    /// The road leaves a quiet connection alone.
    case idle
}

/// What was found on a rung.
public struct RungReport: Sendable {
    /// How it went.
    public enum Outcome: Sendable, Equatable {
        /// The rung holds.
        case ok
        /// The rung was not tried; the text says why.
        case skipped
        /// The rung is broken.
        case failed(AgentError)
    }

    /// Which rung.
    public let rung: Rung
    /// The volume it is about; nil for the road as a whole.
    public let volume: String?
    /// How it went.
    public let outcome: Outcome
    /// What was seen.
    public let observed: String
    /// How long it took.
    public let elapsed: Duration

    /// One line for a person, without its end.
    public var line: String {
        let word =
            switch outcome {
            case .ok: "ok"
            case .skipped: "skipped"
            case .failed: "FAILED"
            }
        let what = rung.rawValue + (volume.map { " \($0)" } ?? "")
        return padded(word, 9) + padded(what, 18) + padded(Figures.fixed(elapsed.inSeconds) + " s", 9) + observed
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    /// The members of the JSON object.
    var json: [(String, JSONValue)] {
        var members: [(String, JSONValue)] = [
            ("event", .text("rung")),
            ("rung", .text(rung.rawValue)),
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
