// The stand-in for stunnel: `dvm-stunnel FILE`.
import LinuxSystem
import StunnelCommand

let usage = """
    usage: dvm-stunnel FILE             relays connections as stunnel's configuration FILE says
           dvm-stunnel -version [FILE]  says what this is, and whether FILE is sound
    """
let help = """
    \(usage)

    FILE has the form of stunnel's. These keys are known, any other is refused by name and line:
    \(RelayProgram.knownKeys)

    SIGHUP reads FILE again (connections go on as they are; a broken file changes nothing), SIGUSR1 opens the
    log again, SIGTERM and SIGINT stop accepting and give connections \(RelayProgram.longestDrain.components.seconds) s; a second one cuts them off.

    exit codes: 0 an orderly end, 1 it could not start or had to cut connections off
    """
let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "-version", "--version": endProcess(RelayProgram.showVersion(checking: arguments.dropFirst().first))
case "-help", "--help": print(help)
case let path? where arguments.count == 1 && !path.hasPrefix("-"): endProcess(RelayProgram.run(file: path))
default:
    RelayProgram.complain(usage)
    endProcess(1)
}
