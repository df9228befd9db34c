import LinuxSystem
import ProcessSupport

/// A stunnel configuration file, read and checked: what `dvm-stunnel` runs.
struct StunnelConfiguration: Equatable, Sendable {
    /// Whether the program stays in the foreground (`foreground`).
    enum Foreground: Equatable, Sendable {
        /// It goes to the background once it listens.
        case no
        /// It stays and also logs to standard error.
        case yes
        /// It stays.
        case quiet
    }

    /// `foreground`.
    var foreground = Foreground.no
    /// The pid file (`pid`); nil for none.
    var processFile: String?
    /// The log file (`output`).
    var logFile: String?
    /// Whether the log file is truncated first (`log = overwrite`).
    var overwritesLog = false
    /// Whether log lines go to syslog(3) (`syslog`).
    var usesSyslog = true
    /// The syslog facility, shifted as for syslog(3) (`debug = facility.level`).
    var facility: Int32 = 3 << 3
    /// The log level outside of services (`debug`).
    var logLevel = LogLevel.notice
    /// The services in the order of the file; never empty.
    var services: [StunnelService] = []

    /// The largest file that is read, in bytes.
    static let largestFile = 1 << 20

    /// Reads a file.
    ///
    /// - Parameter path: As given by the user; repeated in errors.
    /// - Throws: ``StunnelConfigurationError``.
    init(file path: String) throws(StunnelConfigurationError) {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try SmallFile(Array(path.utf8)).contents(limit: Self.largestFile)
        } catch {
            throw StunnelConfigurationError(file: path, line: nil, reason: error.reason)
        }
        try self.init(parsing: bytes, file: path)
    }

    /// Reads a configuration that is in memory.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8, with or without a byte order mark.
    ///   - file: Its name, for errors.
    /// - Throws: ``StunnelConfigurationError``.
    init(parsing bytes: [UInt8], file: String) throws(StunnelConfigurationError) {
        var parser = StunnelParser(file: file)
        try parser.parse(bytes)
        self = parser.configuration
        guard !services.isEmpty else {
            throw StunnelConfigurationError(file: file, line: nil, reason: "it defines no [service]")
        }
        for service in services {
            guard let fault = service.fault else { continue }
            throw StunnelConfigurationError(file: file, line: service.line, reason: "[\(service.name)]: \(fault)")
        }
        var names: [RelayAddress: String] = [:]
        for service in services {
            guard let address = service.accept, let other = names.updateValue(service.name, forKey: address) else {
                continue
            }
            let reason = "[\(service.name)]: [\(other)] already accepts connections on the same address"
            throw StunnelConfigurationError(file: file, line: service.line, reason: reason)
        }
    }

    init() {}
}
