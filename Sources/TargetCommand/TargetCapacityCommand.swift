import ArgumentParser
import TransferAgent

/// The command `dvm-target capacity`.
struct TargetCapacityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capacity",
        abstract: "Report what a local volume can hold, and whether that is enough.",
        discussion: """
            Which metadata the file system keeps is probed with files and a directory that are removed at once. \
            Exit codes: 0 it fits, or without --needs, it is writable; 1 it does not fit; 2 the command line is \
            wrong; 3 the volume cannot be examined.
            """
    )

    @Argument(help: "Where the volume is mounted.")
    var path: String

    @Option(
        help: ArgumentHelp(
            "The total size it must hold, as a Kubernetes quantity such as 11.3Gi.",
            valueName: "quantity"
        )
    )
    var needs: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let capacity = try TargetCapacity(path: path, needs: needs)
        StandardStream.output.write(json ? capacity.json : capacity.table)
        throw ExitCode(capacity.fits ? 0 : 1)
    }
}
