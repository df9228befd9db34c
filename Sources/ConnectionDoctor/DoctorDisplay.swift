import AgentControl
package import TransferAgent

/// Prints the results of a doctor.
package struct DoctorDisplay: Sendable {
    private let isJSON: Bool
    private let output: any TextOutput

    /// Prepares to write.
    ///
    /// - Parameters:
    ///   - isJSON: Whether each line is a JSON object.
    ///   - output: The destination.
    package init(isJSON: Bool, output: any TextOutput = StandardStream.output) {
        self.isJSON = isJSON
        self.output = output
    }

    /// Writes the result of a check.
    func show(_ report: CheckReport) {
        output.write((isJSON ? JSONValue.object(report.json).encoded : report.line) + "\n")
    }

    /// Writes the end: the first failed check explained, or that all passed.
    func end(_ failure: AgentError?) {
        guard isJSON else { return output.write(failure.map(text) ?? "all checks passed\n") }
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
