import CLinux
import Glibc
package import LinuxSystem

/// Two connected sockets, closed on exec.
package struct SocketPair: ~Copyable {
    package let first: Descriptor
    package let second: Descriptor

    /// Makes two sockets.
    ///
    /// - Throws: `SystemError` of socketpair(2).
    package init() throws(SystemError) {
        var numbers: [2 of Int32] = [-1, -1]
        try systemCall("socketpair") { socketPair(&numbers) }
        first = Descriptor(owning: numbers[0])
        second = Descriptor(owning: numbers[1])
    }
}
