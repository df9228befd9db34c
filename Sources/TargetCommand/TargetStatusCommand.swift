import AgentCommand
import ArgumentParser
import TransferAgent

/// The command `dvm-target status`.
struct TargetStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what a running dvm-target does, or probe it.",
        discussion: """
            Asks over the local socket of the dvm-target serve in this container, which answers only its own user and root. \
            Exit code 0, 1 if --ready is asked and it accepts no sources, or 10 if none answers.
            """
    )

    @OptionGroup var local: ControlOptions

    @Flag(help: "Print one JSON object (docs/schemas/target-status.schema.json).")
    var json = false

    @Flag(help: "Print nothing; exit code 0 if it accepts sources, for a readiness probe.")
    var ready = false

    @Flag(help: "Print nothing; exit code 0 if it answers, for a liveness probe.")
    var live = false

    func run() throws {
        let status = try LocalControl.ask(.targetStatus, at: local.control)
        if !ready, !live { StandardStream.output.write(json ? status.json : status.text) }
        throw ExitCode(ready && !status.isReady ? 1 : 0)
    }
}

/// The command `dvm-target drain`.
struct DrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Let a running dvm-target end when its sessions have.",
        discussion: """
            It accepts no more sources, and exits with 0 when the last session has ended by itself; until then, SIGTERM stops it as \
            usual. The command returns at once: exit code 0, or 10 if no dvm-target answers.
            """
    )

    @OptionGroup var local: ControlOptions

    func run() throws {
        let status = try LocalControl.ask(.drain, at: local.control)
        StandardStream.output.write(status.text)
    }
}
