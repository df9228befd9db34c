import ProcessSupport

/// The command line of `dvm-stunnel`, the replacement for stunnel.
package enum StunnelProgram {
    private static let usage = """
        usage: dvm-stunnel FILE             relays connections as described in a stunnel configuration FILE
               dvm-stunnel -version [FILE]  prints the version, and whether FILE is valid
        """
    private static var help: String {
        """
        \(usage)

        FILE has the syntax of stunnel.conf. These keys are supported; any other is rejected with its name and line:
        \(RelayProgram.knownKeys)

        SIGHUP reloads FILE (existing connections are not affected; an invalid file changes nothing), SIGUSR1 reopens the
        log, SIGTERM and SIGINT stop accepting and give connections \(RelayProgram.longestDrain.components.seconds) s; a second one closes them.

        exit codes: 0 orderly shutdown, 1 it could not start or had to close active connections
        """
    }

    /// Runs a command line.
    ///
    /// To be called by the first thread, before there are others.
    ///
    /// - Parameter arguments: The arguments after the program's name.
    /// - Returns: The exit code.
    package static func run(_ arguments: [String]) -> Int32 {
        switch arguments.first {
        case "-version", "--version": return RelayProgram.showVersion(checking: arguments.dropFirst().first)
        case "-help", "--help":
            print(help)
            return 0
        case let path? where arguments.count == 1 && !path.hasPrefix("-"): return RelayProgram.run(file: path)
        default:
            writeText(usage + "\n", to: 2)
            return 1
        }
    }
}
