import Glibc

/// The severity of a message, by syslog's numbers.
enum LogLevel: Int32, Sendable, Comparable, CaseIterable {
    /// The system is unusable.
    case emergency = 0
    /// Action must be taken immediately.
    case alert = 1
    /// A critical condition.
    case critical = 2
    /// An error.
    case error = 3
    /// A warning.
    case warning = 4
    /// Normal but significant: a connection was opened or closed.
    case notice = 5
    /// Information.
    case info = 6
    /// Debug messages.
    case debug = 7

    /// Ordered by severity, the more severe one first.
    static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }

    /// Reads a level as stunnel's `debug` writes it: a number from 0 to 7, or syslog's name, in any case.
    ///
    /// - Parameter text: The level; the result is nil for anything else.
    init?(parsing text: String) {
        let names: [String: LogLevel] = [
            "emerg": .emergency, "alert": .alert, "crit": .critical, "err": .error, "warning": .warning,
            "notice": .notice, "info": .info, "debug": .debug,
        ]
        guard let level = names[text.lowercased()] ?? Int32(text).flatMap(LogLevel.init(rawValue:)) else { return nil }
        self = level
    }

    /// The facilities of syslog(3) by the names that may stand before a level, as in `daemon.notice`.
    static let facilities: [String: Int32] = [
        "auth": 4, "authpriv": 10, "cron": 9, "daemon": 3, "ftp": 11, "kern": 0, "lpr": 6, "mail": 2, "news": 7,
        "syslog": 5, "user": 1, "uucp": 8, "local0": 16, "local1": 17, "local2": 18, "local3": 19, "local4": 20,
        "local5": 21, "local6": 22, "local7": 23,
    ].mapValues { $0 << 3 }
}
