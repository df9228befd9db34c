import ArgumentParser
import TransferAgent

/// The command `dvm-target capacity`.
struct TargetCapacityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capacity",
        abstract: "Report what a local volume can take, and whether that is enough.",
        discussion: """
            What the file system can keep is tried on files and in a directory that are removed at once. \
            Exit codes: 0 it fits, or it can be written to when --needs is not given; 1 it does not; 2 the command line is \
            wrong; 3 the volume cannot be examined.
            """
    )

    @Argument(help: "Where the volume is mounted.")
    var path: String

    @Option(help: ArgumentHelp("What it has to hold in all, as Kubernetes writes it: 11.3Gi.", valueName: "quantity"))
    var needs: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let capacity = try TargetCapacity(path: path, needs: needs)
        StandardStream.output.write(json ? capacity.json : capacity.table)
        throw ExitCode(capacity.fits ? 0 : 1)
    }
}
