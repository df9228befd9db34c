/// Writes what a doctor finds.
public struct DoctorDisplay: Sendable {
    private let isJSON: Bool
    private let output: any TextOutput

    /// Prepares to write.
    ///
    /// - Parameters:
    ///   - isJSON: Whether each line is a JSON object.
    ///   - output: Where lines go.
    public init(isJSON: Bool, output: any TextOutput = StandardStream.output) {
        self.isJSON = isJSON
        self.output = output
    }

    /// Writes a rung.
    func show(_ report: RungReport) {
        output.write((isJSON ? JSONValue.object(report.json).encoded : report.line) + "\n")
    }

    /// Writes the end: the first broken rung explained, or that there is none.
    func end(_ failure: AgentError?) {
        guard isJSON else { return output.write(failure.map(text) ?? "the road is good\n") }
        let explanation = failure?.failure.explanation
        let members: [(String, JSONValue)] = [
            ("event", .text("finished")),
            ("ok", .flag(failure == nil)),
            ("exitCode", .integer(Int64(failure?.exitCode ?? 0))),
            ("code", failure.map { .text($0.failure.code) } ?? .null),
            ("error", failure.map { .text($0.observed) } ?? .null),
            ("meaning", explanation.map { .text($0.meaning) } ?? .null),
            ("cause", explanation.map { .text($0.cause) } ?? .null),
            ("advice", explanation.map { .text($0.advice) } ?? .null),
        ]
        output.write(JSONValue.object(members).encoded + "\n")
    }

    private func text(_ failure: AgentError) -> String {
        let explanation = failure.failure.explanation
        return """

            \(failure.failure.code): \(explanation.meaning)
              seen:     \(failure.observed)
              cause:    usually \(explanation.cause)
              to do:    \(explanation.advice)

            """
    }
}
