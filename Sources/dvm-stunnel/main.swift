// The stand-in for stunnel: `dvm-stunnel FILE`.
import Glibc
import SecureTunnel

let usage = """
    usage: dvm-stunnel FILE             relays connections as stunnel's configuration FILE says
           dvm-stunnel -version [FILE]  says what this is, and whether FILE is sound
    """
let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "-version", "--version": exit(RelayProgram.showVersion(checking: arguments.dropFirst().first))
case "-help", "--help": print(usage)
case let path? where arguments.count == 1 && !path.hasPrefix("-"): exit(RelayProgram.run(file: path))
default:
    RelayProgram.complain(usage)
    exit(1)
}
