import CLinux
import Glibc
import LinuxSystem

/// Connects to a local socket.
///
/// - Parameter name: A path, or an abstract name after `@`; at most 107 bytes.
/// - Returns: The connected stream.
/// - Throws: ``TransportError``.
package func dialLocal(_ name: String) throws(TransportError) -> SocketStream {
    try connect(to: SocketAddress(localName: name), named: name)
}

/// Connects to a socket in the file system.
///
/// - Parameter path: At most 107 bytes.
/// - Returns: The connected stream.
/// - Throws: ``TransportError``.
package func dialUnix(path: String) throws(TransportError) -> SocketStream {
    try connect(to: SocketAddress(unixPath: path), named: path)
}

private func connect(to address: SocketAddress?, named path: String) throws(TransportError) -> SocketStream {
    guard let address else {
        throw .badAddress(text: path, reason: "the path of a socket must have 1 to 107 bytes")
    }
    do throws(SystemError) {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Descriptor(owning: try systemCall("socket") { Glibc.socket(AF_UNIX, type, 0) })
        let number = socket.rawValue
        try systemCall("connect") { address.connect(number) }
        return try SocketStream(socket, peerDescription: path)
    } catch {
        throw .system(error, peer: path)
    }
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
