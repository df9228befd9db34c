import TransferAgent

StopSignals.block()
ProcessSetup.prepare()
SourceProgram.runToExit()
