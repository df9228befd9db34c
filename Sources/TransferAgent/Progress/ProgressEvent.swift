import AgentControl

/// The events of `--progress json`: one JSON object a line (docs/schemas/events.schema.json).
package enum ProgressEvent {
    /// An event.
    ///
    /// - Parameters:
    ///   - name: What happened.
    ///   - members: Its figures.
    /// - Returns: A line with its end.
    static func line(_ name: String, _ members: [(String, JSONValue)]) -> String {
        let head: [(String, JSONValue)] = [
            ("schema", .text("dvm-events/1")), ("time", .text(LogTime.now.text)), ("event", .text(name)),
        ]
        return JSONValue.object(head + members).encoded + "\n"
    }

    /// The last event of a process, whether or not a volume was begun.
    ///
    /// - Parameter report: How the process ends.
    /// - Returns: A line with its end.
    package static func ended(_ report: TerminationReport) -> String {
        line("ended", report.members)
    }
}
