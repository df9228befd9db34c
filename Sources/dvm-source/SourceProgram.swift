import ArgumentParser
import TransferAgent

/// The agent at the side that the volumes come from.
struct SourceProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dvm-source",
        abstract: "Moves volumes to a target.",
        subcommands: [Transfer.self, Capacity.self]
    )
}
