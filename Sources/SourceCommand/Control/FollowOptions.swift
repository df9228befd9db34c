import AgentCommand
import ArgumentParser
import TransferAgent

/// How a command shows a pass of a running dvm-source.
struct FollowOptions: ParsableArguments {
    @Option(help: "How progress is shown. (default: tty on a terminal, else lines)")
    var progress: ProgressFormat?

    @OptionGroup var local: ControlOptions

    /// Asks for something that takes until the end of a pass, and shows the pass.
    ///
    /// - Parameter request: Makes the request, of the form of the progress and the width of the terminal.
    /// - Throws: The pass's exit code.
    func follow(_ request: (ProgressFormat, _ columns: Int) -> AgentRequest) throws {
        let style = progress ?? .usualOfOutput
        let (request, name) = (request(style, StandardStream.output.columns), local.control)
        let result = try StopSignals.run { () async -> Result<PassEnd?, AgentError> in
            do throws(AgentError) {
                let end = try await LocalControl.follow(request, at: name) { output, log in
                    if let output { StandardStream.output.write(output) }
                    if let log { StandardStream.error.write(log) }
                }
                return .success(end)
            } catch {
                return .failure(error)
            }
        }
        guard let end = try result.get() else { return }
        if style != .none { StandardStream.error.write(end.text) }
        throw ExitCode(end.exitCode)
    }
}
