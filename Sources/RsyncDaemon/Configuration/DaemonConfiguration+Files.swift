extension DaemonConfiguration {
    /// Files that are read while the daemon runs.
    package var readFiles: [[UInt8]] {
        let texts = modules.flatMap { [$0.secretsFile, $0.includeFrom, $0.excludeFrom] } + [globals.messageFile]
        return files + texts.map(\.ofProcess).filter { !$0.isEmpty }
    }

    /// Files outside of the modules that are written while the daemon runs.
    package var writtenFiles: [[UInt8]] {
        lockFiles + (modules.map(\.logFile) + [defaults.logFile]).map(\.ofProcess).filter { !$0.isEmpty }
    }

    private var lockFiles: [[UInt8]] {
        modules.filter { $0.connectionLimit > 0 }.map(\.lockFile.ofProcess).filter { !$0.isEmpty }
    }

    /// Makes missing lock files, since a sandbox can only allow what exists; what fails shows when a client comes.
    package func makeLockFiles() { lockFiles.forEach(ConnectionLock.makeFile) }
}
