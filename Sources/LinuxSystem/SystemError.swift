import Glibc

/// A system call that failed: what was tried and the number the kernel gave.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The C name of the call, such as `openat`.
    package let operation: String
    /// The value of `errno`, read before anything could overwrite it.
    package let number: Int32

    /// Names a failure.
    package init(operation: String, number: Int32) {
        self.operation = operation
        self.number = number
    }

    /// The kernel's sentence for the number, such as `No such file or directory`.
    package var reason: String { SystemError.text(of: number) }

    /// For example `openat: No such file or directory (2)`.
    package var description: String { "\(operation): \(reason) (\(number))" }

    /// The sentence of strerror(3) for an errno value.
    package static func text(of number: Int32) -> String {
        errorText(number) ?? "error \(number)"
    }
}

/// Makes a system call, again while a signal interrupts it.
///
/// Not for close(2): after EINTR the descriptor is gone.
///
/// - Parameters:
///   - operation: The C name of the call, for the error.
///   - call: The call; -1 means that it failed and `errno` tells why.
/// - Returns: What the call returned.
/// - Throws: ``SystemError`` with the number read right after the call.
@inline(__always)
@discardableResult
package func systemCall<Value: FixedWidthInteger>(
    _ operation: StaticString,
    _ call: () -> Value
) throws(SystemError) -> Value {
    while true {
        let value = call()
        guard value == -1 else { return value }
        let number = errno
        guard number == EINTR else { throw SystemError(operation: "\(operation)", number: number) }
    }
}
