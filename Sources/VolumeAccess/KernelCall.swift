import CLinux
import Glibc

/// Makes a system call, again while a signal interrupts it, and answers as the kernel does.
///
/// Not for close(2).
///
/// - Returns: What the call returned, or `errno` as a negative number.
@inline(__always)
func kernelCall(_ call: () -> some FixedWidthInteger) -> Int {
    while true {
        let value = Int(truncatingIfNeeded: call())
        guard value == -1 else { return value }
        let number = errno
        guard number == EINTR else { return -Int(number) }
    }
}

/// A name or path with a NUL after it, as C functions want it.
///
/// Only ``withTerminated(_:_:)`` and the listing's arena make one, and both keep the bytes alive while it is used.
@safe struct CPath {
    let start: UnsafePointer<CChar>
}

/// Gives a C function the bytes of a name or path with a NUL after them, on the stack.
///
/// The value is valid only while `body` runs.
@inline(__always)
func withTerminated(_ bytes: Span<UInt8>, _ body: (CPath) -> Int) -> Int {
    unsafe withUnsafeTemporaryAllocation(byteCount: bytes.count + 1, alignment: 1) { buffer in
        unsafe bytes.withUnsafeBytes { source in unsafe buffer.copyMemory(from: source) }
        unsafe buffer[bytes.count] = 0
        guard let start = buffer.baseAddress else { return -Int(ENOMEM) }
        return body(unsafe CPath(start: start.assumingMemoryBound(to: CChar.self)))
    }
}

/// Whether a name can only mean an entry of the directory it is used in.
///
/// Confinement rests on this: without a slash, `.` and `..`, no leaf can lead anywhere else.
func isLeafName(_ name: Span<UInt8>) -> Bool {
    guard !name.isEmpty else { return false }
    if name[0] == UInt8(ascii: "."), name.count == 1 || (name.count == 2 && name[1] == UInt8(ascii: ".")) {
        return false
    }
    for index in name.indices where name[index] == 0 || name[index] == UInt8(ascii: "/") { return false }
    return true
}
