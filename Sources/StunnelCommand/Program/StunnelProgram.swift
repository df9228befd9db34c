import ProcessSupport

/// The command line of `dvm-stunnel`, the stand-in for stunnel.
package enum StunnelProgram {
    private static let usage = """
        usage: dvm-stunnel FILE             relays connections as stunnel's configuration FILE says
               dvm-stunnel -version [FILE]  says what this is, and whether FILE is sound
        """
    private static var help: String {
        """
        \(usage)

        FILE has the form of stunnel's. These keys are known, any other is refused by name and line:
        \(RelayProgram.knownKeys)

        SIGHUP reads FILE again (connections go on as they are; a broken file changes nothing), SIGUSR1 opens the
        log again, SIGTERM and SIGINT stop accepting and give connections \(RelayProgram.longestDrain.components.seconds) s; a second one cuts them off.

        exit codes: 0 an orderly end, 1 it could not start or had to cut connections off
        """
    }

    /// Carries out a command line.
    ///
    /// To be called by the first thread, before there are others.
    ///
    /// - Parameter arguments: The arguments behind the program's name.
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
