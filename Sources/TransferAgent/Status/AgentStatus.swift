import AgentControl
import LinuxSystem

/// What an agent answered to a command.
package struct AgentStatus {
    private let status: JSONValue

    init(_ status: JSONValue) { self.status = status }

    /// One JSON object on a line.
    package var json: String { status.encoded + "\n" }

    /// Whether a target accepts sources.
    package var isReady: Bool { status["ready"]?.asFlag == true }

    /// How the pass that was begun last has ended; nil if it runs, or there was none.
    private var lastEnd: JSONValue? { status["pass"]?.asInteger.flatMap(end(ofPass:)) }

    /// How a pass has ended; nil if that is not known, or no longer.
    func end(ofPass number: Int64) -> JSONValue? {
        guard let last = status["last"], last["pass"]?.asInteger == number else { return nil }
        return last
    }

    /// For people: a line about the agent, then one for each volume of a source, or one about a target's sessions.
    package var text: String {
        if case .list(let volumes)? = status["volumes"], status["counts"] == nil {
            let end = lastEnd.flatMap { try? PassEnd($0).text } ?? ""
            return first + volumes.map { "volume \(Self.word($0, "name")): \(Self.line(of: $0))\n" }.joined() + end
        }
        let counts = status["counts"] ?? .null
        func number(_ name: String) -> Int64 { counts[name]?.asInteger ?? 0 }
        return first + "\(counted(status["sessions"]?.asInteger ?? 0, "session")) running, "
            + "\(number("sessions")) ended (\(number("sessionsFailed")) failed), "
            + "\(counted(number("filesReceived"), "file", commas: true)), \(Figures.bytes(number("bytesReceived"))) received\n"
    }

    private var first: String {
        "\(Self.word(status, "program")) \(Self.word(status, "version")), process \(status["process"]?.asInteger ?? 0): "
            + "\(Self.word(status, "state"))\(circumstances)\n"
            + (IdentityReport(status["identity"]).map { "\($0.text)\n" } ?? "")
    }

    /// What else is to be known of a source's state.
    private var circumstances: String {
        var text = ""
        let pass = status["pass"]?.asInteger ?? 0
        if pass > 0, status["last"]?["pass"]?.asInteger != pass {
            text += " pass \(pass)" + (status["kind"]?.asText.map { " (\(PrintableText.ofPeer($0)))" } ?? "")
        }
        if status["paused"]?.asFlag == true { text += ", paused" }
        if let limit = status["limitBytesPerSecond"]?.asInteger {
            text += limit > 0 ? ", limited to \(Figures.rate(Double(limit)))" : ", without a limit"
        }
        return text
    }

    private static func line(of volume: JSONValue) -> String {
        switch volume["state"]?.asText {
        case "running":
            let percent = volume["percent"]?.asInteger.map { "\($0)%" } ?? "listing"
            let (done, all) = (volume["bytesDone"]?.asInteger ?? 0, volume["bytesListed"]?.asInteger ?? 0)
            let files = counted(volume["filesTransferred"]?.asInteger ?? 0, "file", commas: true)
            return "\(percent), \(Figures.bytes(done))/\(Figures.bytes(all)), \(files) sent"
        case "ended":
            let reason = volume["code"]?.asText.map { ": \(PrintableText.ofPeer($0)): \(word(volume, "reason"))" } ?? ""
            return "\(word(volume, "outcome")) (exit code \(volume["exitCode"]?.asInteger ?? 0))\(reason)"
        default: return "waiting"
        }
    }

    private static func word(_ members: JSONValue, _ name: String) -> String {
        PrintableText.ofPeer(members[name]?.asText ?? "")
    }
}
