import ArgumentParser

/// The agent at the side that the volumes go to.
struct TargetProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dvm-target",
        abstract: "Receive volumes from sources.",
        subcommands: [Serve.self, Capacity.self]
    )
}
