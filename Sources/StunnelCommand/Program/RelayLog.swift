import CLinux
import COpenSSL
import Glibc
import LinuxSystem
import ProcessSupport
import SecureTunnel
import Synchronization

/// The log of `dvm-stunnel`: a file or standard output, syslog(3), standard error.
///
/// The lines have stunnel's form, `2026.11.21 07:22:48 LOG5[3]: text`, with the number of the connection in brackets.
///
/// ## Concurrency model
/// `state` is held while a line is written, so that lines never mix.
final class RelayLog: Sendable {
    /// A destination of lines.
    private struct State: ~Copyable {
        var file: Descriptor?
        var path: String?
        var usesSyslog = false
        var usesStandardError = true
        var facility: Int32 = 3 << 3
        var limit = LogLevel.notice
    }

    private let state = Mutex(State())

    /// Creates a log on standard error.
    init() {}

    /// Opens the destinations of a configuration.
    ///
    /// - Parameter configuration: Its `output`, `log`, `syslog`, `debug` and `foreground` count.
    /// - Throws: ``SecureTunnelError/badFile(path:reason:)``; everything stays as it was then.
    func open(_ configuration: StunnelConfiguration) throws(SecureTunnelError) {
        try state.withLock { (state) throws(SecureTunnelError) in
            // When going to the background, an open file stays open: /dev/stdout is then a different one.
            if configuration.logFile != state.path {
                state.file = try configuration.logFile.map { (path) throws(SecureTunnelError) in
                    try RelayLog.file(path, overwrites: configuration.overwritesLog)
                }
                state.path = configuration.logFile
            }
            state.usesSyslog = configuration.usesSyslog
            state.facility = configuration.facility
            state.limit = configuration.logLevel
            state.usesStandardError = configuration.foreground == .yes
        }
    }

    /// Reopens the file by its name, after it has been renamed.
    ///
    /// - Throws: ``SecureTunnelError/badFile(path:reason:)``; the old one stays in use then.
    func reopen() throws(SecureTunnelError) {
        try state.withLock { (state) throws(SecureTunnelError) in
            guard let path = state.path, RelayLog.standardStream(path) == nil else { return }
            state.file = try RelayLog.file(path, overwrites: false)
        }
    }

    /// Writes a line; a failing destination is ignored.
    ///
    /// - Parameters:
    ///   - level: Its severity, shown in the line.
    ///   - label: Its context: the number of a connection, `main` or a service's name.
    ///   - text: One line.
    func write(_ level: LogLevel, _ label: String, _ text: String) {
        let line = "\(RelayLog.time()) LOG\(level.rawValue)[\(label)]: \(text)\n"
        state.withLock { state in
            if let file = state.file?.rawValue { RelayLog.put(line, on: file) }
            if state.usesStandardError { RelayLog.put(line, on: 2) }
            if state.usesSyslog { sendToSystemLog(state.facility | level.rawValue, "\(label): \(text)") }
        }
    }

    /// Writes a line about the program as a whole, subject to the level.
    func note(_ level: LogLevel, _ text: String) {
        guard state.withLock({ level <= $0.limit }) else { return }
        write(level, "main", text)
    }

    private static func put(_ line: String, on number: Int32) {
        writeText(line, to: number)
    }

    private static func file(_ path: String, overwrites: Bool) throws(SecureTunnelError) -> Descriptor {
        do throws(SystemError) {
            // The device may be a socket, which cannot be opened by name.
            if let number = standardStream(path) {
                return Descriptor(owning: try systemCall("fcntl") { fcntl(number, F_DUPFD_CLOEXEC, 3) })
            }
            let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (overwrites ? O_TRUNC : O_APPEND)
            return Descriptor(owning: try systemCall("open") { openFile(path, flags, mode: 0o640) })
        } catch {
            throw .badFile(path: path, reason: error.reason)
        }
    }

    private static func standardStream(_ path: String) -> Int32? {
        ["/dev/stdout": 1, "/dev/fd/1": 1, "/dev/stderr": 2, "/dev/fd/2": 2][path]
    }

    private static func time() -> String {
        let seconds = wallClock().seconds
        guard let moment = localTime(seconds) else { return "\(seconds)" }
        func two(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }
        let date = "\(moment.year).\(two(moment.month)).\(two(moment.day))"
        return "\(date) \(two(moment.hour)):\(two(moment.minute)):\(two(moment.second))"
    }
}

/// The log of one connection or service.
struct RelayLogger: Sendable {
    let log: RelayLog
    /// Messages above this level are dropped.
    let limit: LogLevel
    /// The text in brackets.
    let label: String

    /// Writes a line, subject to the level.
    func callAsFunction(_ level: LogLevel, _ text: @autoclosure () -> String) {
        guard level <= limit else { return }
        log.write(level, label, text())
    }
}
