import ProcessSupport
import RsyncProgram

endProcess(CommandRunner(environment: ProcessInputs.environment).run(Array(ProcessInputs.arguments.dropFirst())))
