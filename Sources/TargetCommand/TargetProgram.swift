import AgentCommand
package import ArgumentParser

/// The agent at the side that the volumes go to.
package struct TargetProgram: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "dvm-target",
        abstract: "Receive volumes from sources.",
        subcommands: [Serve.self, TargetCapacityCommand.self]
    )

    package init() {}

    /// Runs the program as the whole process, on the main thread before there is another.
    ///
    /// - Parameter arguments: The arguments behind the program's name.
    package static func main(_ arguments: [String]) -> Never { runAsProcess(arguments) }
}
