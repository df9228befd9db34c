package import ArgumentParser
import ProcessSupport
import TransferAgent

extension ParsableCommand {
    /// Runs the command as a whole process: signals, its command line, and at the end one of rsync's exit codes.
    ///
    /// Called on the main thread before any other is started.
    ///
    /// - Parameter arguments: The arguments behind the program's name.
    package static func runAsProcess(_ arguments: [String]) -> Never {
        StopSignals.block()
        ProcessSetup.prepare()
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
            endProcess(0)
        } catch let error as AgentError {
            StandardStream.error.write("\(configuration.commandName ?? "dvm"): \(error)\n")
            endProcess(error.exitCode)
        } catch let code as ExitCode {
            endProcess(code.rawValue)
        } catch {
            endProcess(report(error, arguments))
        }
    }

    /// Writes what the parser has to say, help or what is wrong with the command line, and returns the exit code for it.
    private static func report(_ error: any Error, _ arguments: [String]) -> Int32 {
        let isHelp = exitCode(for: error) == .success
        let text = fullMessage(for: error)
        let end = text.hasSuffix("\n") ? "" : "\n"
        (isHelp ? StandardStream.output : StandardStream.error).write(text + end)
        // rsync ends with 1 for a wrong command line; for `capacity` 1 is an answer: "does not fit".
        let mistake: Int32 = arguments.first == "capacity" ? 2 : 1
        return isHelp ? 0 : mistake
    }
}
