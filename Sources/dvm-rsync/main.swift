import Glibc
import RsyncCommand

exit(CommandRunner(environment: CommandRunner.processEnvironment).run(CommandRunner.processArguments))
