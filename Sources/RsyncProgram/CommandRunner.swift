import Glibc
import ProcessSupport
import RsyncCommand
import RsyncEngine
import RsyncOptions
import Transport
import VolumeAccess

/// Runs a command line.
package struct CommandRunner {
    private let environment: [String: String]
    private let output = ConsoleOutput()

    /// Prepares to run.
    ///
    /// - Parameter environment: The process's environment; the variables of rsync(1) matter.
    package init(environment: [String: String]) {
        self.environment = environment
    }

    /// Parses and runs an argument vector.
    ///
    /// - Parameter arguments: The arguments after the program's name.
    /// - Returns: The exit code.
    package func run(_ arguments: [[UInt8]]) -> Int32 {
        do throws(CommandError) {
            let code = try carryOut(try RsyncCommandLine(parsing: arguments, environment: environment))
            output.flush()
            return code
        } catch {
            // The last of the lines has the prefix.
            let isPrefixed = "\(error)".split(separator: "\n").last?.hasPrefix("rsync: ") ?? false
            output.error(isPrefixed ? "\(error)" : "rsync: \(error)")
            output.error(ExitText.line(code: error.exitCode, role: "client"))
            return error.exitCode
        }
    }

    private func carryOut(_ line: RsyncCommandLine) throws(CommandError) -> Int32 {
        if let buffering = line.settings.buffering { output.setBuffering(buffering) }
        // Sources in many directories stay open.
        ResourceLimit.openFiles.raise()
        for warning in line.settings.warnings { output.error("rsync: warning: \(warning)") }
        switch line.mode {
        case .information(let request):
            output.line(HelpText.text(of: request))
            return 0
        case .server(let arguments):
            return try ServerRunner.serve(arguments, environment: environment)
        case .daemonOverShell(let settings):
            return try DaemonRunner(settings, isOverShell: true, environment: environment).serveStandardStreams()
        case .daemon(let settings):
            return try DaemonRunner(settings, isOverShell: false, environment: environment).run()
        case .listModules(let host, let overShell):
            let client = ClientRunner(line, output: output, environment: environment)
            return try client.listModules(of: host, overShell: overShell)
        case .transfer(let job):
            return try ClientRunner(line, output: output, environment: environment).run(job)
        }
    }
}
