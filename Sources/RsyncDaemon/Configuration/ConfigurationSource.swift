package import RsyncCommand
import Synchronization

/// A configuration that may change while the daemon runs: it is read again for each connection (rsyncd.conf(5)), unless
/// the daemon has another root directory than the file.
///
/// ## Concurrency model
/// `current` is guarded by its lock.
package final class ConfigurationSource: Sendable {
    private let path: [UInt8]
    private let overrides: [DaemonConfiguration.Override]
    private let log: any LineOutput
    private let isFixed: Bool
    private let current: Mutex<(configuration: DaemonConfiguration, flaw: DaemonConfigurationError?)>

    /// Begins with a configuration that has been read.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - overrides: Parameters of the command line.
    ///   - first: The file's configuration at the start.
    ///   - log: Gets notices and errors, each once.
    ///   - isFixed: Whether the first configuration is the only one.
    package init(
        _ path: [UInt8],
        overrides: [DaemonConfiguration.Override],
        first: DaemonConfiguration,
        log: any LineOutput,
        isFixed: Bool = false
    ) {
        (self.path, self.overrides, self.log, self.isFixed) = (path, overrides, log, isFixed)
        current = Mutex((first, nil))
    }

    /// Reads the file again.
    ///
    /// - Returns: The configuration; the last good one if there is an error in the file now.
    package func read() -> DaemonConfiguration {
        let known = current.withLock { $0 }
        guard !isFixed else { return known.configuration }
        do throws(DaemonConfigurationError) {
            let read = try DaemonConfiguration(reading: path, overrides: overrides)
            if read.notices != known.configuration.notices { for notice in read.notices { log.line(notice) } }
            current.withLock { $0 = (read, nil) }
            return read
        } catch {
            if error != known.flaw { log.line("the configuration was not reloaded: \(error)") }
            current.withLock { $0.flaw = error }
            return known.configuration
        }
    }
}
