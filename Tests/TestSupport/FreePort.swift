import Glibc

/// A TCP port of the loopback interface that nobody listens on at the moment.
///
/// For programs that must be told a port; our own listeners bind port 0 instead.
public func freePort() -> UInt16 {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    precondition(number >= 0, "no socket for the test")
    defer { close(number) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let answer = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
            bind(number, __CONST_SOCKADDR_ARG(__sockaddr__: raw), length) == 0
                && getsockname(number, __SOCKADDR_ARG(__sockaddr__: raw), &length) == 0
        }
    }
    precondition(answer, "no free port for the test")
    return UInt16(bigEndian: address.sin_port)
}
