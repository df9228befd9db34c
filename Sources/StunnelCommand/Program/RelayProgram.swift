import COpenSSL
import Glibc
import LinuxSystem
import ProcessSupport
import SecureTunnel

/// `dvm-stunnel FILE`: reads the file, listens, goes to the background if configured, handles signals until the end.
///
/// SIGHUP reads the file again, SIGUSR1 opens the log again, SIGTERM and SIGINT end it: nothing more is accepted,
/// connections in progress may continue for ``longestDrain``; a second signal ends it at once.
struct RelayProgram {
    /// How long connections may go on after SIGTERM: less than the 30 s that Kubernetes gives a pod.
    static let longestDrain = Duration.seconds(20)

    private let path: String
    private let log: RelayLog
    private let relay: Relay
    private let signals = AwaitedSignals(blocking: [SIGHUP, SIGUSR1, SIGTERM, SIGINT])

    /// Runs until the end.
    ///
    /// To be called by the first thread, before there are others.
    ///
    /// - Parameter path: The configuration file.
    /// - Returns: The exit code: 0 after an orderly shutdown, 1 when it could not start or had to close active
    ///   connections.
    static func run(file path: String) -> Int32 {
        ignoreBrokenPipeSignals()
        do {
            let configuration = try StunnelConfiguration(file: path)
            let log = RelayLog()
            try log.open(configuration)
            let relay = Relay(log: log)
            try relay.apply(configuration)
            let program = RelayProgram(path: FilePath.resolved(path) ?? path, log: log, relay: relay)
            // The process still has a single thread, so that it can fork.
            let background = configuration.foreground == .no ? try BackgroundProcess() : nil
            let processFile = try writeProcessID(configuration)
            defer { processFile?.remove() }
            try relay.start()
            log.note(.notice, "running as process \(getpid()) with \(path)")
            background?.announceReady()
            return program.obeySignals()
        } catch {
            writeText("dvm-stunnel: \(error)\n", to: 2)
            return 1
        }
    }

    /// Writes the pid file, if configured.
    private static func writeProcessID(
        _ configuration: StunnelConfiguration
    ) throws(SecureTunnelError) -> ProcessIDFile? {
        guard let path = configuration.processFile else { return nil }
        do throws(SystemError) {
            return try ProcessIDFile(Array(path.utf8), isLocked: false)
        } catch {
            let reason =
                switch error.number {
                case ELOOP: "\"pid\" is a symbolic link, which is not followed: give the path of the file itself"
                case EMLINK: "\"pid\" is a file with more than one hard link: remove it"
                default: error.reason
                }
            throw .badFile(path: path, reason: reason)
        }
    }

    /// Handles signals until one requests the end.
    private func obeySignals() -> Int32 {
        while true {
            switch signals.wait() {
            case SIGHUP: reload()
            case SIGUSR1: reopenLog()
            default: return end()
            }
        }
    }

    /// Adopts the file as it is now, or continues with the old configuration.
    private func reload() {
        do {
            let configuration = try StunnelConfiguration(file: path)
            try relay.apply(configuration)
            try log.open(configuration)
            try relay.start()
            let kept = counted(relay.connectionCount, "open connection")
            log.note(.notice, "\(path) was reloaded without affecting \(kept)")
        } catch {
            log.note(.error, "the configuration was not changed: \(error)")
        }
    }

    private func reopenLog() {
        do throws(SecureTunnelError) {
            try log.reopen()
        } catch {
            log.note(.error, "the log file was not reopened: \(error)")
        }
    }

    /// Stops accepting and lets connections in progress finish.
    private func end() -> Int32 {
        relay.stopAccepting()
        let count = relay.connectionCount
        if count > 0 {
            let open = counted(count, "connection")
            log.note(.notice, "stopping; waiting up to \(Self.longestDrain) for \(open) to finish")
        }
        let deadline = ContinuousClock.now + Self.longestDrain
        var isImpatient = false
        while !relay.drain(within: .milliseconds(100)), ContinuousClock.now < deadline, !isImpatient {
            let signal = signals.wait(within: .zero)
            isImpatient = signal == SIGTERM || signal == SIGINT
        }
        let left = relay.connectionCount
        guard left > 0 else {
            log.note(.notice, "ended")
            return 0
        }
        log.note(.error, "stopped; closed \(counted(left, "connection"))")
        relay.cut()
        _ = relay.drain(within: .seconds(1))
        return 1
    }
}

extension RelayProgram {
    /// Prints the version; with a file, also whether it is valid.
    ///
    /// Movers run `stunnel -version FILE` before they start it.
    ///
    /// - Parameter path: A configuration file; nil for none.
    /// - Returns: The exit code: 1 when the file is not valid.
    static func showVersion(checking path: String?) -> Int32 {
        print("dvm-stunnel, a replacement for stunnel 5 with \(openSSLVersion())")
        guard let path else { return 0 }
        do throws(StunnelConfigurationError) {
            let configuration = try StunnelConfiguration(file: path)
            print("\(path): valid, \(counted(configuration.services.count, "service"))")
            return 0
        } catch {
            print("\(error)")
            return 1
        }
    }

    /// The names of all keys that a configuration may hold, in lines of at most 80 characters with two leading spaces.
    static var knownKeys: String {
        var lines = [" "]
        for name in StunnelKey.names {
            if lines[lines.count - 1].count + 1 + name.count > 80 { lines.append(" ") }
            lines[lines.count - 1] += " " + name
        }
        return lines.joined(separator: "\n")
    }
}
