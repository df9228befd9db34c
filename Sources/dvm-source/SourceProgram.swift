import ArgumentParser
import TransferAgent

/// The agent at the side that the volumes come from.
struct SourceProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dvm-source",
        abstract: "Synchronize volumes to a target.",
        subcommands: [Transfer.self, Doctor.self, Capacity.self]
    )
}
