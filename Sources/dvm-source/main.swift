import AgentCommand

SourceProgram.runAsProcess()
