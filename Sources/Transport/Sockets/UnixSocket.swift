import CLinux
import Glibc
import LinuxSystem

/// Connects to a socket in the file system.
///
/// - Parameter path: At most 107 bytes.
/// - Returns: The connected stream.
/// - Throws: ``TransportError``.
public func dialUnix(path: String) throws(TransportError) -> SocketStream {
    guard let address = SocketAddress(unixPath: path) else {
        throw .badAddress(text: path, reason: "a socket path has 1 to 107 bytes")
    }
    do throws(SystemError) {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let socket = Descriptor(owning: try systemCall("socket") { Glibc.socket(AF_UNIX, type, 0) })
        let number = socket.rawValue
        try systemCall("connect") {
            unsafe address.withSockaddr { unsafe Glibc.connect(number, __CONST_SOCKADDR_ARG(__sockaddr__: $0), $1) }
        }
        return try SocketStream(socket, peerDescription: path)
    } catch {
        throw .system(error, peer: path)
    }
}

extension SocketAddress {
    /// The address of a socket in the file system; nil for a path that does not fit.
    init?(unixPath path: String) {
        var address = sockaddr_un()
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard !path.isEmpty, path.utf8.count < room else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        self = unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe SocketAddress(copying: $0, length: length)
            }
        }
    }
}
