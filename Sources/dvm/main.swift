import DvmCommand

DvmProgram.main()
