import AgentCommand
import ArgumentParser
import TransferAgent

/// The command `dvm-source start`.
struct SourceStartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Begin a pass of a running dvm-source serve.",
        discussion: """
            Returns at once, with exit code 0 when the pass has begun; with --wait it shows the pass and ends with its exit code, and the \
            pass goes on if the command is stopped, or whatever reads its output goes away. Exit code 4 if a pass is running (DVM-6001), \
            10 if no dvm-source answers.
            """
    )

    @Option(help: "The kind of the pass, in place of the job's: stage or cutover.")
    var pass: PassKind?

    @Flag(help: "Show the pass until it ends.")
    var wait = false

    @OptionGroup var follow: FollowOptions

    func validate() throws {
        guard wait || follow.progress == nil else { throw ValidationError("--progress requires --wait.") }
    }

    func run() throws {
        guard !wait else { return try follow.follow { .startAndShow(pass, $0, columns: $1) } }
        StandardStream.output.write(try LocalControl.ask(.start(pass), at: follow.local.control).text)
    }
}

/// The command `dvm-source attach`.
struct SourceAttachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Show the running pass of a dvm-source.",
        discussion: """
            The pass goes on if the command is stopped, or whatever reads its output goes away. Ends with the exit code of the pass; 4 if \
            there is none (DVM-6002), 10 if no dvm-source answers, 12 if it ends before the pass does.
            """
    )

    @OptionGroup var follow: FollowOptions

    func run() throws { try follow.follow { .attach($0, columns: $1) } }
}
