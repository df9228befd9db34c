import SourceCommand

SourceProgram.main(Array(CommandLine.arguments.dropFirst()))
