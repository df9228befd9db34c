import LinuxSystem
import RsyncProgram

endProcess(CommandRunner(environment: CommandRunner.processEnvironment).run(CommandRunner.processArguments))
