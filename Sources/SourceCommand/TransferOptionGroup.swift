import AgentCommand
import ArgumentParser
import Logging
import TransferAgent

/// What a process that transfers volumes is told: the job, and how the process itself behaves.
struct TransferOptionGroup: ParsableArguments {
    @OptionGroup var connection: ConnectionOptions

    @Option(help: .setting("job-name"))
    var jobName: String?

    @OptionGroup var occasion: OccasionOptions

    @Option(help: .setting("supplemental-groups"))
    var supplementalGroups: String?

    @Option(help: .setting("run-as"))
    var runAs: String?

    @Option(help: .setting("parallel"))
    var parallel: Int?

    @OptionGroup var pass: PassOptions

    @Flag(help: "Keep all permissions of the user, instead of only reading the volumes.")
    var noSandbox = false

    @Option(help: "How progress is shown. (default: tty on a terminal, else lines)")
    var progress: ProgressFormat?

    @OptionGroup var local: ControlOptions

    @OptionGroup var termination: TerminationOptions

    /// How progress is shown.
    var style: ProgressFormat { progress ?? .usualOfOutput }

    /// The job of the command line, the environment and the file; notes about it are logged.
    func resolved(_ log: Logger) throws(AgentError) -> Job {
        let job = try connection.resolved { layer in
            layer.give("job-name", jobName)
            layer.give("supplemental-groups", supplementalGroups?.split(separator: ",").map(String.init) ?? [])
            layer.give("run-as", runAs)
            layer.give("parallel", parallel)
            occasion.give(to: &layer)
            pass.give(to: &layer)
        }
        for note in job.notes { log.warning("dvm-source: \(note)") }
        return job
    }

    /// Gives up the permissions that the job does not need, before a second thread exists.
    ///
    /// - Parameters:
    ///   - settings: The job.
    ///   - isServing: Whether volumes are opened later, and again.
    ///   - others: The settings of passes of other kinds.
    ///   - log: For what is not confined, and for how far the permissions of an agent that stays go.
    /// - Throws: `AgentError` when the kernel could confine the process and does not.
    func confine(
        _ settings: TransferSettings,
        isServing: Bool = false,
        others: [TransferSettings] = [],
        _ log: Logger
    ) throws(AgentError) {
        guard !noSandbox else { return }
        let (isConfined, notes) = try AgentSandbox(settings, isServing: isServing, others: others).confine()
        for note in notes where !isConfined || isServing { log.notice("dvm-source: \(note)") }
    }
}

extension ProgressFormat: ExpressibleByArgument {
    /// The usual form for this process's standard output.
    static var usualOfOutput: ProgressFormat {
        .usual(isTerminal: StandardStream.output.isTerminal, terminalType: StandardStream.terminalType)
    }
}
