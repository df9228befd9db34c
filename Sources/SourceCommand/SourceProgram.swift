import AgentCommand
package import ArgumentParser
import TransferAgent

/// The agent at the side that the volumes come from.
package struct SourceProgram: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "dvm-source",
        abstract: "Synchronize volumes to a target.",
        version: AgentVersion.text("dvm-source"),
        subcommands: [
            Transfer.self, SourceServeCommand.self, SourceStartCommand.self, SourceStatusCommand.self,
            SourceAttachCommand.self, SourceStopCommand.self, SourcePauseCommand.self, SourceResumeCommand.self,
            SourceLimitCommand.self, DoctorCommand.self, SourceCapacityCommand.self,
            CompareCommand.self, ManifestCommand.self,
        ]
    )

    package init() {}

    /// Runs the program as the whole process, on the main thread before any other thread exists.
    ///
    /// - Parameter arguments: The arguments after the program's name.
    package static func main(_ arguments: [String]) -> Never { runAsProcess(arguments) }
}
