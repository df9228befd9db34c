import CLinux
import Glibc
import LinuxSystem

/// Connects to a local socket.
///
/// - Parameters:
///   - name: A path, or an abstract name after `@`; at most 107 bytes.
///   - limit: The longest wait for a listener that accepts nobody.
/// - Returns: The connected stream.
/// - Throws: ``TransportError``.
package func dialLocal(_ name: String, within limit: Duration) throws(TransportError) -> SocketStream {
    try connect(to: SocketAddress(localName: name), named: name, within: limit)
}

/// Connects to a socket in the file system.
///
/// - Parameters:
///   - path: At most 107 bytes.
///   - limit: The longest wait for a listener that accepts nobody.
/// - Returns: The connected stream.
/// - Throws: ``TransportError``.
package func dialUnix(path: String, within limit: Duration) throws(TransportError) -> SocketStream {
    try connect(to: SocketAddress(unixPath: path), named: path, within: limit)
}

private func connect(
    to address: SocketAddress?,
    named path: String,
    within limit: Duration
) throws(TransportError) -> SocketStream {
    guard let address else {
        throw .badAddress(text: path, reason: "the path of a socket must have 1 to 107 bytes")
    }
    do throws(SystemError) {
        return try SocketStream(try connectedSocket(to: address, within: limit), peerDescription: path)
    } catch {
        // A full queue: a local socket has no other reason (unix(7)).
        guard error.number != EAGAIN else {
            throw .timedOut(waitingFor: "\(path) to accept a connection", after: limit)
        }
        throw .system(error, peer: path)
    }
}

/// Connects a new local socket.
///
/// - Parameters:
///   - address: Where.
///   - limit: The longest wait; at least a microsecond.
/// - Returns: The socket.
/// - Throws: `SystemError`, with `EAGAIN` after `limit`.
func connectedSocket(to address: SocketAddress, within limit: Duration) throws(SystemError) -> Descriptor {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = Descriptor(owning: try systemCall("socket") { Glibc.socket(AF_UNIX, type, 0) })
    let number = socket.rawValue
    try systemCall("setsockopt") { setSendLimit(number, limit) }
    try systemCall("connect") { address.connect(number) }
    return socket
}

/// Sends a message to a datagram socket in the file system; failures are ignored, and a full socket is not waited for.
///
/// - Parameters:
///   - message: The content of one datagram.
///   - path: At most 107 bytes.
package func sendDatagram(_ message: [UInt8], toSocket path: String) {
    guard let address = SocketAddress(unixPath: path) else { return }
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let number = Glibc.socket(AF_UNIX, type, 0)
    guard number >= 0 else { return }
    let socket = Descriptor(owning: number)
    if address.connect(socket.rawValue) == 0 { _ = writeBytes(socket.rawValue, message.span) }
}
