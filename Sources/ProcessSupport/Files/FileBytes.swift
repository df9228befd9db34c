import Glibc
import LinuxSystem

/// Writes all of some bytes to a file.
///
/// - Throws: `SystemError` of write(2).
func writeWhole(_ bytes: Span<UInt8>, to number: Int32) throws(SystemError) {
    var done = 0
    while done < bytes.count {
        done += try systemCall("write") { writeBytes(number, bytes.extracting(droppingFirst: done)) }
    }
}

/// Reads on in a file.
///
/// - Returns: How many bytes were read; 0 at the end.
/// - Throws: `SystemError` of read(2).
func readNext(into span: inout MutableSpan<UInt8>, from number: Int32) throws(SystemError) -> Int {
    var count = 0
    repeat {
        count = readBytes(number, into: &span)
    } while count < 0 && errno == EINTR
    guard count >= 0 else { throw SystemError(operation: "read", number: errno) }
    return count
}
