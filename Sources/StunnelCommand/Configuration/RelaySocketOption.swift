import CLinux
import Glibc
import Transport

/// One `socket = a|l|r:OPTION=VALUE` of a stunnel configuration.
struct RelaySocketOption: Equatable, Sendable {
    /// The sockets of a connection.
    enum Place: Character, Sendable {
        /// The listening one.
        case accept = "a"
        /// The one that was accepted.
        case local = "l"
        /// The one that connects to the remote side.
        case remote = "r"
    }

    /// Which socket.
    let place: Place
    /// What is set.
    let option: ExtraSocketOption

    /// Reads the value of a `socket` line.
    ///
    /// - Parameter text: Such as `l:TCP_NODELAY=1` or `r:SO_LINGER=1:60`; names in capitals, as in stunnel. The result
    ///   is nil for an unknown form, name or value.
    init?(parsing text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count == 1, let place = parts[0].first.flatMap(Place.init(rawValue:)) else {
            return nil
        }
        let sides = parts[1].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, let kind = Self.kinds[sides[0].trimmed] else { return nil }
        guard let value = Self.bytes(sides[1].trimmed, kind.form) else { return nil }
        self.place = place
        option = ExtraSocketOption(level: kind.level, name: kind.name, value: value)
    }

    /// The syntax and representation of a value.
    private enum Form {
        case flag
        case number
        case linger
        case time
        case text
    }

    private static func bytes(_ text: String, _ form: Form) -> [UInt8]? {
        switch form {
        case .flag:
            if let flag = StunnelKey.flag(text) { return native(flag ? 1 : 0) }
            return Int32(text).map { native($0) }
        case .number: return Int32(text).map { native($0) }
        case .text: return text.isEmpty ? nil : Array(text.utf8) + [0]
        case .linger:
            let numbers = text.split(separator: ":").map { Int32($0) }
            guard numbers.count == 2, let isOn = numbers[0], let seconds = numbers[1] else { return nil }
            return native(isOn) + native(seconds)
        case .time:
            let numbers = text.split(separator: ":").map { Int64($0) }
            guard (1...2).contains(numbers.count), let seconds = numbers[0] else { return nil }
            guard let microseconds = numbers.count == 2 ? numbers[1] : 0 else { return nil }
            return native(seconds) + native(microseconds)
        }
    }

    /// The bytes of an integer in C's memory layout.
    private static func native<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        (0..<(Number.bitWidth / 8)).map { UInt8(truncatingIfNeeded: number.littleEndian >> (8 * $0)) }
    }

    private static let tcp = Int32(IPPROTO_TCP)
    private static let kinds: [String: (level: Int32, name: Int32, form: Form)] = [
        "SO_BINDTODEVICE": (SOL_SOCKET, SO_BINDTODEVICE, .text), "SO_KEEPALIVE": (SOL_SOCKET, SO_KEEPALIVE, .flag),
        "SO_LINGER": (SOL_SOCKET, SO_LINGER, .linger), "SO_OOBINLINE": (SOL_SOCKET, SO_OOBINLINE, .flag),
        "SO_RCVBUF": (SOL_SOCKET, SO_RCVBUF, .number), "SO_SNDBUF": (SOL_SOCKET, SO_SNDBUF, .number),
        "SO_RCVLOWAT": (SOL_SOCKET, SO_RCVLOWAT, .number), "SO_RCVTIMEO": (SOL_SOCKET, SO_RCVTIMEO, .time),
        "SO_SNDTIMEO": (SOL_SOCKET, SO_SNDTIMEO, .time), "SO_REUSEADDR": (SOL_SOCKET, SO_REUSEADDR, .flag),
        "IP_TOS": (Int32(IPPROTO_IP), IP_TOS, .number), "IP_TTL": (Int32(IPPROTO_IP), IP_TTL, .number),
        "TCP_NODELAY": (tcp, TCP_NODELAY, .flag), "TCP_KEEPIDLE": (tcp, TCP_KEEPIDLE, .number),
        "TCP_KEEPINTVL": (tcp, TCP_KEEPINTVL, .number), "TCP_KEEPCNT": (tcp, TCP_KEEPCNT, .number),
        "TCP_MAXSEG": (tcp, TCP_MAXSEG, .number), "TCP_CORK": (tcp, TCP_CORK, .flag),
        "TCP_QUICKACK": (tcp, TCP_QUICKACK, .flag), "TCP_DEFER_ACCEPT": (tcp, TCP_DEFER_ACCEPT, .number),
        "TCP_LINGER2": (tcp, TCP_LINGER2, .number), "TCP_SYNCNT": (tcp, TCP_SYNCNT, .number),
        "TCP_WINDOW_CLAMP": (tcp, TCP_WINDOW_CLAMP, .number),
    ]
}

extension StringProtocol {
    /// The text without spaces, tabs and line ends around it.
    var trimmed: String {
        let isBlank: (Character) -> Bool = { $0.isASCII && $0.isWhitespace }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
