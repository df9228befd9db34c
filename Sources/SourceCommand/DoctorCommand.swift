import AgentCommand
import ArgumentParser
import ConnectionDoctor
import Logging
import TransferAgent

/// The command `dvm-source doctor`.
struct DoctorCommand: LoggingCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the connection to a target and report the first fault.",
        discussion: """
            Runs one check after the other, in the order of a transfer, and stops at the first that fails: name, \
            connection, proxy, TLS, certificate, source, greeting, volume, password, writing, space, throughput, idle. \
            Nothing is changed: the volume is accessed with a dry run, and its space is checked as a transfer does. Exit code 0 when all checks pass, else rsync's for \
            the failure; docs/codes.md explains every code.
            """
    )

    @OptionGroup var connection: ConnectionOptions

    var logFormat: LogFormat { connection.logFormat }

    @Option(
        help: ArgumentHelp(
            "Measure the throughput for this long, with at most 256 MiB, below the bwlimit of the job; 0 to skip.",
            valueName: "seconds"
        )
    )
    var throughput = 3

    @Option(
        help: ArgumentHelp("Leave a connection idle for this long and check that it survives.", valueName: "seconds")
    )
    var idle: Int?

    @Flag(help: "Write each step and the result as a JSON object on a line of its own.")
    var json = false

    func validate() throws {
        guard (0...3600).contains(throughput), (1...86_400).contains(idle ?? 1) else {
            throw ValidationError("--throughput must be 0 to 3600 seconds, --idle 1 to 86400.")
        }
    }

    func run() throws {
        var trials = Doctor.Trials()
        trials.throughput = .seconds(throughput)
        trials.idle = idle.map { .seconds($0) }
        let job = try connection.resolved()
        for note in job.notes { log.warning("dvm-source: \(note)") }
        let doctor = try Doctor(job.settings, trials: trials, display: DoctorDisplay(isJSON: json))
        try job.settings.identity().assume()
        for warning in doctor.warnings { log.warning("dvm-source: \(warning)") }
        let failure = try StopSignals.run { await doctor.run() }
        throw ExitCode(failure?.exitCode ?? 0)
    }
}
