import Glibc
import RsyncEngine
import RsyncOptions
import RsyncWire
import Transport
import VolumeAccess

/// Carries out a command line.
public struct CommandRunner {
    private let environment: [String: String]
    private let output = ConsoleOutput()

    /// Prepares to run.
    ///
    /// - Parameter environment: The process's environment; `RSYNC_RSH`, `RSYNC_PASSWORD`, `USER` and `LOGNAME` matter.
    public init(environment: [String: String]) {
        self.environment = environment
    }

    /// Parses and carries out an argument vector.
    ///
    /// - Parameter arguments: The arguments behind the program's name.
    /// - Returns: The exit code.
    public func run(_ arguments: [[UInt8]]) -> Int32 {
        do throws(CommandError) {
            let code = try carryOut(try RsyncCommandLine(parsing: arguments))
            output.flush()
            return code
        } catch {
            let isUnprefixed = "\(error)".hasPrefix("rsync: ")
            output.error(isUnprefixed ? "\(error)" : "rsync: \(error)")
            output.error(ExitText.line(code: error.exitCode, role: "client"))
            return error.exitCode
        }
    }

    private func carryOut(_ line: RsyncCommandLine) throws(CommandError) -> Int32 {
        switch line.mode {
        case .help:
            output.line(HelpText.options)
            return 0
        case .version:
            output.line(HelpText.version)
            return 0
        case .server(let arguments):
            return try ServerRunner.serve(arguments)
        case .daemonOverShell(let settings):
            return try DaemonRunner(settings).serveStandardStreams()
        case .daemon(let settings):
            return try DaemonRunner(settings).run()
        case .listModules(let host, let overShell):
            let client = ClientRunner(line, output: output, environment: environment)
            return try client.listModules(of: host, overShell: overShell)
        case .transfer(let job):
            return try ClientRunner(line, output: output, environment: environment).run(job)
        }
    }
}

/// Texts of `--help` and `--version`.
enum HelpText {
    static let version = "dvm-rsync  version \(RsyncCommandLine.version)  protocol version 32"

    static var options: String {
        """
        \(version)
        Moves files between this machine and another, or between two places here, speaking rsync's protocol.

        Usage: dvm-rsync [OPTION]... SOURCE [SOURCE]... DESTINATION
           or  dvm-rsync [OPTION]... rsync://[USER@]HOST[:PORT]/
           or  dvm-rsync --daemon [--config=FILE] [--port=PORT] [--address=ADDRESS] [--no-detach] [--log-file=FILE]

        A source or a destination may be [USER@]HOST:PATH (remote shell), [USER@]HOST::MODULE/PATH or
        rsync://[USER@]HOST[:PORT]/MODULE/PATH (daemon). Options that can be turned off have a form --no-OPTION.

        \(OptionTable.help)
        """
    }
}
