import LinuxSystem
import RsyncCommand

endProcess(CommandRunner(environment: CommandRunner.processEnvironment).run(CommandRunner.processArguments))
