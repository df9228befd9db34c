import TargetCommand

TargetProgram.main(Array(CommandLine.arguments.dropFirst()))
