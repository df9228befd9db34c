package import ArgumentParser
import LinuxSystem
package import Logging
import ProcessSupport
package import TransferAgent

/// A command that logs while it runs.
package protocol LoggingCommand: ParsableCommand {
    /// The form of its log lines.
    var logFormat: LogFormat { get }
}

extension LogFormat: ExpressibleByArgument {}

extension LoggingCommand {
    /// Where the command logs.
    package var log: Logger { .agent(Self.program, format: logFormat) }

    /// The program's name without its directory.
    private static var program: String {
        CommandLine.arguments.first.map { String(decoding: PathParts(Array($0.utf8)).leaf, as: UTF8.self) } ?? "dvm"
    }
}

extension ParsableCommand {
    /// Runs the command as a whole process: handles signals, parses the command line, exits with one of rsync's exit
    /// codes.
    ///
    /// Called on the main thread before any other thread is started.
    ///
    /// - Parameter arguments: The arguments after the program's name.
    package static func runAsProcess(_ arguments: [String]) -> Never {
        StopSignals.block()
        ProcessSetup.prepare()
        var log: Logger?
        do {
            var command = try parseAsRoot(arguments)
            if let option = RepeatedOption.first(in: arguments) {
                throw ValidationError("\(option) was given twice; its last value alone would count.")
            }
            log = (command as? any LoggingCommand)?.log
            try command.run()
            endProcess(0)
        } catch let error as AgentError {
            let text = "\(configuration.commandName ?? "dvm"): \(error)"
            if let log {
                log.error("\(text)", metadata: error.logParts)
            } else {
                StandardStream.error.write(text + "\n")
            }
            endProcess(error.exitCode)
        } catch let code as ExitCode {
            endProcess(code.rawValue)
        } catch {
            let code = report(error, arguments)
            if code != 0 { reportMistake(error, arguments) }
            endProcess(code)
        }
    }

    /// Leaves a report about a wrong command line behind, where the process would have left one of its end.
    private static func reportMistake(_ error: any Error, _ arguments: [String]) {
        let command = configuration.subcommands.first { $0.configuration.commandName == arguments.first }
        guard let command = command as? any ReportingCommand.Type else { return }
        let mistake = AgentError(.badSetting, message(for: error), exitCode: 1)
        // What cannot be opened here gets no report, as in a run without the option.
        (try? TerminationLog(nil))?.write(TerminationReport(of: command.agent, mistake))
    }

    /// Prints the parser's help or error, and returns the exit code for it.
    private static func report(_ error: any Error, _ arguments: [String]) -> Int32 {
        let isHelp = exitCode(for: error) == .success
        let text = fullMessage(for: error)
        let end = text.hasSuffix("\n") ? "" : "\n"
        (isHelp ? StandardStream.output : StandardStream.error).write(text + end)
        // rsync exits with 1 for a wrong command line; for `capacity`, 1 is a result: "does not fit".
        let mistake: Int32 = arguments.first == "capacity" ? 2 : 1
        return isHelp ? 0 : mistake
    }
}
