package import ArgumentParser

/// Where an agent is reached by the commands of an exec.
package struct ControlOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The agent's local socket: a path, or an abstract name after @. (default: @ and the program's name; an agent that is not process 1 has none by default)",
            valueName: "socket"
        )
    )
    package var control: String?

    package init() {}
}
