import Glibc

/// Makes a system call, retried while a signal interrupts it, and returns its raw result.
///
/// Not for close(2).
///
/// - Returns: The result of the call, or a negative `errno`.
@inline(__always)
func kernelCall(_ call: () -> some FixedWidthInteger) -> Int {
    while true {
        let value = Int(truncatingIfNeeded: call())
        guard value == -1 else { return value }
        let number = errno
        guard number == EINTR else { return -Int(number) }
    }
}

/// Whether a name can only refer to an entry of the directory it is used in.
///
/// Confinement relies on this: without a slash, `.` and `..`, no leaf can lead anywhere else.
func isLeafName(_ name: Span<UInt8>) -> Bool {
    guard !name.isEmpty else { return false }
    if name[0] == UInt8(ascii: "."), name.count == 1 || (name.count == 2 && name[1] == UInt8(ascii: ".")) {
        return false
    }
    for index in name.indices where name[index] == 0 || name[index] == UInt8(ascii: "/") { return false }
    return true
}
