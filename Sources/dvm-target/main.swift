import TransferAgent

StopSignals.block()
ProcessSetup.prepare()
TargetProgram.runToExit()
