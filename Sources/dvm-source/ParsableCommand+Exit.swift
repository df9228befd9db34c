import ArgumentParser
import Glibc
import TransferAgent

extension ParsableCommand {
    /// Parses the command line, runs the command and ends the process with one of rsync's exit codes.
    static func runToExit() -> Never {
        do {
            var command = try parseAsRoot()
            try command.run()
            Glibc.exit(0)
        } catch let error as AgentError {
            StandardStream.error.write("dvm-source: \(error)\n")
            Glibc.exit(error.exitCode)
        } catch let code as ExitCode {
            Glibc.exit(code.rawValue)
        } catch {
            // A wish for help is no error; anything else here is a command line that rsync would exit with 1 for.
            let isHelp = exitCode(for: error) == .success
            let text = fullMessage(for: error)
            let end = text.hasSuffix("\n") ? "" : "\n"
            (isHelp ? StandardStream.output : StandardStream.error).write(text + end)
            // For `capacity` 1 is an answer: "does not fit".
            let mistake: Int32 = CommandLine.arguments.dropFirst().first == "capacity" ? 2 : 1
            Glibc.exit(isHelp ? 0 : mistake)
        }
    }
}
