import TransferAgent

StopSignals.block()
ProcessSetup.prepare()
await TargetProgram.runToExit()
