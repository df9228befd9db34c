import CLinux
import Glibc

extension ExtraSocketOption {
    /// What a list of socket options says.
    package struct List: Equatable, Sendable {
        /// The options, in the order of the list.
        package var options: [ExtraSocketOption] = []
        /// Names that are not known.
        package var unknown: [String] = []
    }

    /// Reads a list such as `SO_KEEPALIVE, TCP_NODELAY=1 SO_SNDBUF=65536` (rsync(1), `--sockopts`).
    package static func list(_ text: String) -> List {
        var list = List()
        for entry in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first, let kind = kinds[String(name)] else {
                list.unknown.append(String(entry))
                continue
            }
            let value = parts.count == 2 ? Int32(parts[1]) : nil
            list.options.append(
                ExtraSocketOption(level: kind.level, name: kind.name, value: bytes(kind.value ?? value ?? 1))
            )
        }
        return list
    }

    /// The bytes of an integer in C's memory layout.
    private static func bytes(_ number: Int32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number.littleEndian >> (8 * $0)) }
    }

    private static let tcp = Int32(IPPROTO_TCP)
    private static let ip = Int32(IPPROTO_IP)
    /// Names; with a value where the name implies it.
    private static let kinds: [String: (level: Int32, name: Int32, value: Int32?)] = [
        "SO_KEEPALIVE": (SOL_SOCKET, SO_KEEPALIVE, nil), "SO_REUSEADDR": (SOL_SOCKET, SO_REUSEADDR, nil),
        "SO_BROADCAST": (SOL_SOCKET, SO_BROADCAST, nil), "SO_SNDBUF": (SOL_SOCKET, SO_SNDBUF, nil),
        "SO_RCVBUF": (SOL_SOCKET, SO_RCVBUF, nil), "SO_RCVLOWAT": (SOL_SOCKET, SO_RCVLOWAT, nil),
        "TCP_NODELAY": (tcp, TCP_NODELAY, nil), "IPTOS_LOWDELAY": (ip, IP_TOS, 0x10),
        "IPTOS_THROUGHPUT": (ip, IP_TOS, 0x08),
    ]
}
