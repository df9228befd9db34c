import CLinux
import Glibc
import LinuxSystem

/// What is set on a TCP socket before bytes flow.
package struct SocketOptions: Equatable, Sendable {
    /// Idle seconds before the kernel asks whether the peer is still there (`TCP_KEEPIDLE`); nil turns keep-alive off.
    package var keepAliveIdle: Int32? = 30
    /// Seconds between two such questions (`TCP_KEEPINTVL`).
    package var keepAliveInterval: Int32 = 10
    /// Unanswered questions after which the connection is dead (`TCP_KEEPCNT`).
    package var keepAliveCount: Int32 = 6
    /// The longest that sent bytes may stay unacknowledged (`TCP_USER_TIMEOUT`), in milliseconds.
    ///
    /// Nil, the default, leaves it to the kernel: with a value, Linux also kills connections to a living peer that
    /// merely accepts no bytes for that long, such as a target whose disk is slow.
    package var userTimeout: Int32?
    /// Bytes of the kernel's send buffer (`SO_SNDBUF`); nil lets it grow by itself, which suits long paths best.
    package var sendBuffer: Int32?
    /// Bytes of the kernel's receive buffer (`SO_RCVBUF`); nil lets it grow by itself.
    package var receiveBuffer: Int32?

    /// The usual choice.
    package init() {}

    /// Sets the options on a TCP socket.
    func apply(to socket: borrowing Descriptor) throws(SystemError) {
        let number = socket.rawValue
        if let sendBuffer { try Self.set(number, SOL_SOCKET, SO_SNDBUF, sendBuffer) }
        if let receiveBuffer { try Self.set(number, SOL_SOCKET, SO_RCVBUF, receiveBuffer) }
        try Self.set(number, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        if let userTimeout { try Self.set(number, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, userTimeout) }
        guard let keepAliveIdle else { return }
        try Self.set(number, SOL_SOCKET, SO_KEEPALIVE, 1)
        try Self.set(number, Int32(IPPROTO_TCP), TCP_KEEPIDLE, keepAliveIdle)
        try Self.set(number, Int32(IPPROTO_TCP), TCP_KEEPINTVL, keepAliveInterval)
        try Self.set(number, Int32(IPPROTO_TCP), TCP_KEEPCNT, keepAliveCount)
    }

    /// Sets one integer option.
    static func set(_ number: Int32, _ level: Int32, _ name: Int32, _ value: Int32) throws(SystemError) {
        try systemCall("setsockopt") { setOption(number, level, name, value) }
    }
}
