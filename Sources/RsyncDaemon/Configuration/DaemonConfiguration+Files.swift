extension DaemonConfiguration {
    /// Files that are read while the daemon runs.
    package var readFiles: [[UInt8]] {
        let texts = modules.flatMap { [$0.secretsFile, $0.includeFrom, $0.excludeFrom] } + [globals.messageFile]
        return files + texts.map(\.ofProcess).filter { !$0.isEmpty }
    }

    /// Files and directories outside of the modules that are written while the daemon runs.
    package var writtenFiles: [[UInt8]] {
        let locks = modules.filter { $0.connectionLimit > 0 }.map(\.lockFile)
        let texts = locks + modules.map(\.logFile) + [defaults.logFile]
        return texts.map(\.ofProcess).filter { !$0.isEmpty }
    }
}
