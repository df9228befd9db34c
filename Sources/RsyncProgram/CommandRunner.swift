import Glibc
import LinuxSystem
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
        var log: (path: [UInt8], rule: PathRule)?
        do throws(CommandError) {
            let line = try RsyncCommandLine(parsing: arguments, environment: environment) { log = ($0, $1) }
            log = line.settings.logFile.map { ($0, line.options.selection.links.paths.unlimited) }
            let code = try carryOut(line)
            output.flush()
            return code
        } catch {
            let file = log.flatMap { try? LogFile(path: $0.path, by: $0.rule) }
            let lines = ErrorLine.of("\(error)").split(separator: "\n").map(String.init)
            for line in lines + [ExitText.line(code: error.exitCode, role: "client")] {
                file?.line(line)
                output.error(line)
            }
            return error.exitCode
        }
    }

    private func carryOut(_ line: RsyncCommandLine) throws(CommandError) -> Int32 {
        if let buffering = line.settings.buffering { output.setBuffering(buffering) }
        if line.options.output.messageRoute == .all { output.routeAllToErrors() }
        // Sources in many directories stay open.
        ResourceLimit.openFiles.raise()
        for warning in line.settings.warnings { output.error("rsync: warning: \(warning)") }
        switch line.mode {
        case .information(let request):
            let text = HelpText.text(of: request)
            if line.options.output.messageRoute == .all { output.error(text) } else { output.line(text) }
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
