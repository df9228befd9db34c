import ProcessSupport
import StunnelCommand

endProcess(StunnelProgram.run(Array(CommandLine.arguments.dropFirst())))
