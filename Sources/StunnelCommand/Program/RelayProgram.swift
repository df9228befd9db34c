import COpenSSL
import Glibc
import LinuxSystem
import ProcessSupport
import SecureTunnel

/// `dvm-stunnel FILE`: reads the file, listens, goes to the background if it shall, obeys signals until the end.
///
/// SIGHUP reads the file again, SIGUSR1 opens the log again, SIGTERM and SIGINT end: nothing more is accepted, what is under
/// way may go on for ``longestDrain``; a second one ends at once.
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
    /// - Returns: The exit code: 0 after an orderly end, 1 when it could not start or had to cut connections.
    static func run(file path: String) -> Int32 {
        ignoreBrokenPipeSignals()
        do {
            let configuration = try StunnelConfiguration(file: path)
            let log = RelayLog()
            try log.open(configuration)
            let relay = Relay(log: log)
            try relay.apply(configuration)
            let program = RelayProgram(path: FilePath.resolved(path) ?? path, log: log, relay: relay)
            // The last moment with a single thread: only now may the process be split in two.
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

    /// Writes the file of `pid`, if there is one.
    private static func writeProcessID(
        _ configuration: StunnelConfiguration
    ) throws(SecureTunnelError) -> ProcessIDFile? {
        guard let path = configuration.processFile else { return nil }
        do throws(SystemError) {
            return try ProcessIDFile(Array(path.utf8), isLocked: false)
        } catch {
            let reason =
                switch error.number {
                case ELOOP: "\"pid\" is a symbolic link, which is not followed: name the file itself"
                case EMLINK: "\"pid\" is a file with more than one name: remove it"
                default: error.reason
                }
            throw .badFile(path: path, reason: reason)
        }
    }

    /// Does what signals ask for until one asks for the end.
    private func obeySignals() -> Int32 {
        while true {
            switch signals.wait() {
            case SIGHUP: reload()
            case SIGUSR1: reopenLog()
            default: return end()
            }
        }
    }

    /// Takes over the file as it is now, or goes on with what is known.
    private func reload() {
        do {
            let configuration = try StunnelConfiguration(file: path)
            try relay.apply(configuration)
            try log.open(configuration)
            try relay.start()
            log.note(.notice, "\(path) was read again; \(relay.connectionCount) connections go on as they are")
        } catch {
            log.note(.error, "the configuration stays as it was: \(error)")
        }
    }

    private func reopenLog() {
        do throws(SecureTunnelError) {
            try log.reopen()
        } catch {
            log.note(.error, "the log stays where it was: \(error)")
        }
    }

    /// Stops accepting and lets what is under way come to its end.
    private func end() -> Int32 {
        relay.stopAccepting()
        let count = relay.connectionCount
        if count > 0 {
            log.note(.notice, "ending; \(count) connections have \(Self.longestDrain) to come to their end")
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
        log.note(.error, "ended; \(left) connections were cut off")
        relay.cut()
        _ = relay.drain(within: .seconds(1))
        return 1
    }
}

extension RelayProgram {
    /// Says what this program is; with a file, whether it is sound.
    ///
    /// Movers call `stunnel -version FILE` before they start it.
    ///
    /// - Parameter path: A configuration file; nil for none.
    /// - Returns: The exit code: 1 when the file is not sound.
    static func showVersion(checking path: String?) -> Int32 {
        print("dvm-stunnel, a stand-in for stunnel 5 with \(openSSLVersion())")
        guard let path else { return 0 }
        do throws(StunnelConfigurationError) {
            let configuration = try StunnelConfiguration(file: path)
            print("\(path): sound, \(configuration.services.count) services")
            return 0
        } catch {
            print("\(error)")
            return 1
        }
    }

    /// The names of all keys that a configuration may hold, in lines of at most 80 characters with two blanks in front.
    static var knownKeys: String {
        var lines = [" "]
        for name in StunnelKey.names {
            if lines[lines.count - 1].count + 1 + name.count > 80 { lines.append(" ") }
            lines[lines.count - 1] += " " + name
        }
        return lines.joined(separator: "\n")
    }
}
