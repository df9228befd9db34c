import AgentCommand
package import ArgumentParser
import TransferAgent

/// The agent at the target.
package struct TargetProgram: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "dvm-target",
        abstract: "Receive volumes from sources.",
        version: AgentVersion.text("dvm-target"),
        subcommands: [Serve.self, TargetStatusCommand.self, DrainCommand.self, TargetCapacityCommand.self]
    )

    package init() {}

    /// Runs the program as the whole process, on the main thread before any other thread exists.
    ///
    /// - Parameter arguments: The arguments after the program's name.
    package static func main(_ arguments: [String]) -> Never { runAsProcess(arguments) }
}
