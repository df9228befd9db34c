import Glibc
import Synchronization

/// Below the ports that the kernel gives to whoever requests any, so that no connection of another test takes one
/// between the choice and its use; each is given once.
private let ports = 10_000..<32_000
private let offset = Int.random(in: 0..<ports.count)
private let taken = Atomic<Int>(0)

/// A TCP port of the loopback interface that nobody listens on at the moment.
///
/// For programs that must be told a port; our own listeners bind port 0 instead.
package func freePort() -> UInt16 {
    for _ in ports {
        let number = taken.add(1, ordering: .relaxed).newValue
        let port = UInt16(ports.lowerBound + (offset + number) % ports.count)
        let isFree = withLoopbackSocket(port: port) { number, address, length in
            bind(number, __CONST_SOCKADDR_ARG(__sockaddr__: address), length) == 0
        }
        if isFree { return port }
    }
    preconditionFailure("no free port for the test")
}

/// Waits until a loopback port takes connections, for programs that say so a moment too early.
///
/// - Returns: False when it still refuses after `seconds`.
package func waitForPort(_ port: UInt16, within seconds: Int = 10) -> Bool {
    for _ in 0..<(seconds * 200) {
        let isOpen = withLoopbackSocket(port: port) { number, address, length in
            connect(number, __CONST_SOCKADDR_ARG(__sockaddr__: address), length) == 0
        }
        if isOpen { return true }
        usleep(5000)
    }
    return false
}

private func withLoopbackSocket(
    port: UInt16,
    _ body: (Int32, UnsafeMutablePointer<sockaddr>, socklen_t) -> Bool
) -> Bool {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    precondition(number >= 0, "no socket for the test")
    defer { close(number) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    return withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
