import AgentControl

/// What a command asks of an agent over its local socket.
package struct AgentRequest: Sendable {
    /// The agent's name.
    let program: String
    let name: String
    let members: [(String, JSONValue)]

    /// Whether it is ``stop``.
    var isStop: Bool { name == "stop" }

    private init(_ program: String, _ name: String, _ members: [(String, JSONValue)] = []) {
        (self.program, self.name, self.members) = (program, name, members)
    }

    private static func ofSource(_ name: String, _ members: [(String, JSONValue)] = []) -> AgentRequest {
        AgentRequest("dvm-source", name, members)
    }

    /// What the source does.
    package static let sourceStatus = ofSource("status")
    /// What the target does.
    package static let targetStatus = AgentRequest("dvm-target", "status")
    /// To accept no more sources.
    package static let drain = AgentRequest("dvm-target", "drain")

    /// To begin a pass.
    ///
    /// - Parameter kind: Its kind; nil for that of the job.
    /// - Returns: The request.
    package static func start(_ kind: PassKind?) -> AgentRequest { ofSource("start", told(kind)) }
    /// To end the running pass, and to tell when it has ended.
    package static let stop = ofSource("stop")
    /// To send nothing until ``resume``.
    package static let pause = ofSource("pause")
    /// To go on.
    package static let resume = ofSource("resume")

    /// To send at another rate.
    ///
    /// - Parameter rate: As for `--bwlimit`; ``SourceAgent/ratesOfJob`` for the rates of the job.
    /// - Returns: The request.
    package static func limit(_ rate: String) -> AgentRequest { ofSource("limit", [("rate", .text(rate))]) }

    /// To show the running pass until it ends.
    ///
    /// - Parameters:
    ///   - style: How.
    ///   - columns: The width of the terminal.
    /// - Returns: The request.
    package static func attach(_ style: ProgressFormat, columns: Int) -> AgentRequest {
        ofSource("attach", shown(style, columns))
    }

    /// To begin a pass, and to show it until it ends; see ``attach(_:columns:)``.
    package static func startAndShow(_ kind: PassKind?, _ style: ProgressFormat, columns: Int) -> AgentRequest {
        ofSource("start", [("wait", .flag(true))] + told(kind) + shown(style, columns))
    }

    private static func told(_ kind: PassKind?) -> [(String, JSONValue)] {
        kind.map { [("kind", .text($0.rawValue))] } ?? []
    }

    private static func shown(_ style: ProgressFormat, _ columns: Int) -> [(String, JSONValue)] {
        [("progress", .text(style.rawValue)), ("columns", .integer(Int64(columns)))]
    }
}
