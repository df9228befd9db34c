import TransferAgent

StopSignals.block()
ProcessSetup.prepare()
await SourceProgram.runToExit()
