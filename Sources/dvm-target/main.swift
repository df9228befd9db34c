import AgentCommand

TargetProgram.runAsProcess()
