import AgentCommand
import ArgumentParser
import TransferAgent

/// The command `dvm-source status`.
struct SourceStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what a running dvm-source does.",
        discussion: """
            Asks over the local socket of the dvm-source serve or transfer in this container, which answers only its own user and \
            root. After a pass, serve tells its result. \
            Exit code 0, or 10 if none answers.
            """
    )

    @OptionGroup var local: ControlOptions

    @Flag(help: "Print one JSON object (docs/schemas/source-status.schema.json).")
    var json = false

    func run() throws {
        let status = try LocalControl.ask(.sourceStatus, at: local.control)
        StandardStream.output.write(json ? status.json : status.text)
    }
}
