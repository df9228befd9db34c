/// The help texts of the commands that ask a running source.
extension HelpTexts {
    static let sourceStatus = #"""
        OVERVIEW: Show what a running dvm-source does.

        Asks over the local socket of the dvm-source serve or transfer in this
        container, which answers only its own user and root. After a pass, serve tells
        its result. Exit code 0, or 10 if none answers.

        USAGE: dvm-source status [--control <socket>] [--json]

        OPTIONS:
          --control <socket>      The agent's local socket: a path, or an abstract name
                                  after @. (default: @ and the program's name; an agent
                                  that is not process 1 has none by default)
          --json                  Print one JSON object
                                  (docs/schemas/source-status.schema.json).
          --version               Show the version.
          -h, --help              Show help information.

        """#

    static let start = #"""
        OVERVIEW: Begin a pass of a running dvm-source serve.

        Returns at once, with exit code 0 when the pass has begun; with --wait it shows
        the pass and ends with its exit code, and the pass goes on if the command is
        stopped, or whatever reads its output goes away. Exit code 4 if a pass is
        running (DVM-6001), 10 if no dvm-source answers.

        USAGE: dvm-source start [--pass <pass>] [--wait] [--progress <progress>] [--control <socket>]

        OPTIONS:
          --pass <pass>           The kind of the pass, in place of the job's: stage or
                                  cutover. (values: stage, cutover)
          --wait                  Show the pass until it ends.
          --progress <progress>   How progress is shown. (default: tty on a terminal,
                                  else lines) (values: tty, lines, json, none)
          --control <socket>      The agent's local socket: a path, or an abstract name
                                  after @. (default: @ and the program's name; an agent
                                  that is not process 1 has none by default)
          --version               Show the version.
          -h, --help              Show help information.

        """#

    static let attach = #"""
        OVERVIEW: Show the running pass of a dvm-source.

        The pass goes on if the command is stopped, or whatever reads its output goes
        away. Ends with the exit code of the pass; 4 if there is none (DVM-6002), 10 if
        no dvm-source answers, 12 if it ends before the pass does.

        USAGE: dvm-source attach [--progress <progress>] [--control <socket>]

        OPTIONS:
          --progress <progress>   How progress is shown. (default: tty on a terminal,
                                  else lines) (values: tty, lines, json, none)
          --control <socket>      The agent's local socket: a path, or an abstract name
                                  after @. (default: @ and the program's name; an agent
                                  that is not process 1 has none by default)
          --version               Show the version.
          -h, --help              Show help information.

        """#

    static let stop = #"""
        OVERVIEW: Stop the running pass of a dvm-source.

        Complete files stay, the target is told, and the next pass continues. The
        command waits until the pass has ended, which takes a few seconds: exit code 0
        then, and if there was no pass; 30 after a minute (DVM-6003), 10 if no
        dvm-source answers. dvm-source serve stays; dvm-source transfer ends.

        USAGE: dvm-source stop [--control <socket>]

        OPTIONS:
          --control <socket>      The agent's local socket: a path, or an abstract name
                                  after @. (default: @ and the program's name; an agent
                                  that is not process 1 has none by default)
          --version               Show the version.
          -h, --help              Show help information.

        """#

    static let pause = #"""
        OVERVIEW: Pause the running pass of a dvm-source.

        Connections stay open: the target gets keep-alives. What was read before, at
        most 4 MiB of each volume, is still sent. Exit code 0, 4 if there is no pass
        (DVM-6002), 10 if no dvm-source answers.

        USAGE: dvm-source pause [--control <socket>]

        OPTIONS:
          --control <socket>      The agent's local socket: a path, or an abstract name
                                  after @. (default: @ and the program's name; an agent
                                  that is not process 1 has none by default)
          --version               Show the version.
          -h, --help              Show help information.

        """#

    static let resume = #"""
        OVERVIEW: Let a paused pass of a dvm-source go on.

        Exit code 0, 4 if there is no pass (DVM-6002), 10 if no dvm-source answers.

        USAGE: dvm-source resume [--control <socket>]

        OPTIONS:
          --control <socket>      The agent's local socket: a path, or an abstract name
                                  after @. (default: @ and the program's name; an agent
                                  that is not process 1 has none by default)
          --version               Show the version.
          -h, --help              Show help information.

        """#

    static let limit = #"""
        OVERVIEW: Change how fast a running dvm-source sends.

        Counts at once, for each volume, in place of the job's bwlimit, and for later
        passes of the same process too. Exit code 0, or 10 if no dvm-source answers.

        USAGE: dvm-source limit <rate> [--control <socket>]

        ARGUMENTS:
          <rate>                  A number of KiB/s, or of K, M or G behind it, such as
                                  500K; 0 for no limit, job for that of the job.

        OPTIONS:
          --control <socket>      The agent's local socket: a path, or an abstract name
                                  after @. (default: @ and the program's name; an agent
                                  that is not process 1 has none by default)
          --version               Show the version.
          -h, --help              Show help information.

        """#
}
