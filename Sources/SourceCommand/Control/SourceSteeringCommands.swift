import AgentCommand
import ArgumentParser
import TransferAgent

/// The command `dvm-source stop`.
struct SourceStopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop the running pass of a dvm-source.",
        discussion: """
            Complete files stay, the target is told, and the next pass continues. The command waits until the pass has ended, which takes \
            a few seconds: exit code 0 then, and if there was no pass; 30 after a minute (DVM-6003), 10 if no \
            dvm-source answers. dvm-source serve stays; dvm-source transfer ends.
            """
    )

    @OptionGroup var local: ControlOptions

    func run() throws {
        let name = local.control
        let result = try StopSignals.run { () async -> Result<PassEnd?, AgentError> in
            do throws(AgentError) {
                return .success(try await LocalControl.follow(.stop, at: name))
            } catch {
                return .failure(error)
            }
        }
        StandardStream.output.write(try result.get()?.text ?? "no pass was running\n")
    }
}

/// The command `dvm-source pause`.
struct SourcePauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Pause the running pass of a dvm-source.",
        discussion: """
            Connections stay open: the target gets keep-alives. What was read before, at most 4 MiB of each volume, is \
            still sent. Exit code 0, 4 if there is no pass (DVM-6002), 10 if no dvm-source answers.
            """
    )

    @OptionGroup var local: ControlOptions

    func run() throws {
        StandardStream.output.write(try LocalControl.ask(.pause, at: local.control).text)
    }
}

/// The command `dvm-source resume`.
struct SourceResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let a paused pass of a dvm-source go on.",
        discussion: "Exit code 0, 4 if there is no pass (DVM-6002), 10 if no dvm-source answers."
    )

    @OptionGroup var local: ControlOptions

    func run() throws {
        StandardStream.output.write(try LocalControl.ask(.resume, at: local.control).text)
    }
}

/// The command `dvm-source limit`.
struct SourceLimitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limit",
        abstract: "Change how fast a running dvm-source sends.",
        discussion: """
            Counts at once, for each volume, in place of the job's bwlimit, and for later passes of the same process too. \
            Exit code 0, or 10 if no dvm-source answers.
            """
    )

    @Argument(
        help: "A number of KiB/s, or of K, M or G behind it, such as 500K; 0 for no limit, job for that of the job."
    )
    var rate: String

    @OptionGroup var local: ControlOptions

    func run() throws {
        StandardStream.output.write(try LocalControl.ask(.limit(rate), at: local.control).text)
    }
}
