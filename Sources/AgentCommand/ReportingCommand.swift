package import ArgumentParser
package import TransferAgent

/// Where a command reports its end.
package struct TerminationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write a JSON object about the end of the process to this file. (default: /dev/termination-log, if it is there)",
            valueName: "file"
        )
    )
    package var terminationLog: String?

    package init() {}
}

/// A command that leaves a report of its end behind, for whoever started the process.
package protocol ReportingCommand: LoggingCommand {
    /// The agent's name.
    static var agent: String { get }
    /// Where the report goes.
    var termination: TerminationOptions { get }

    /// Does the command's work.
    ///
    /// - Parameter end: For the report of a process that has to end before this returns.
    /// - Returns: The report, which has the exit code.
    /// - Throws: What ends the process; an `AgentError` is reported.
    func work(_ end: TerminationLog) throws -> TerminationReport

    /// Shows the report where the command's own output goes, if anything reads it there.
    func show(_ report: TerminationReport)
}

extension ReportingCommand {
    /// Shows nothing.
    package func show(_ report: TerminationReport) {}

    /// Does the work and reports the end.
    package func runAndReport() throws {
        let end = try TerminationLog(termination.terminationLog)
        do {
            let report = try work(end)
            end.write(report)
            show(report)
            throw ExitCode(report.exitCode)
        } catch let error as AgentError {
            let report = TerminationReport(of: Self.agent, error)
            end.write(report)
            show(report)
            throw error
        }
    }

    /// What is reported when a signal ends the process before the work has ended.
    package static var overdue: TerminationReport {
        TerminationReport(
            of: agent,
            AgentError(.cancelled, "stopped by a signal before everything in progress had ended", exitCode: 20)
        )
    }
}
