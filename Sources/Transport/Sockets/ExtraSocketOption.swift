import Glibc
import LinuxSystem

/// A socket option by its numbers, for callers that let people name options in a configuration file.
package struct ExtraSocketOption: Equatable, Sendable {
    /// The level, such as `SOL_SOCKET`.
    package let level: Int32
    /// The option, such as `SO_KEEPALIVE`.
    package let name: Int32
    /// The value in the form that setsockopt(2) expects.
    package let value: [UInt8]

    /// Names an option and its value.
    package init(level: Int32, name: Int32, value: [UInt8]) {
        self.level = level
        self.name = name
        self.value = value
    }

    /// Sets the option on an open socket.
    func apply(to number: Int32) throws(SystemError) {
        try systemCall("setsockopt") { setOption(number, level, name, value) }
    }
}
