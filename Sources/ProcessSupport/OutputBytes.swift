import Glibc
import LinuxSystem

/// Writes all bytes to a descriptor; what cannot be written is dropped.
///
/// For texts to standard output, standard error and logs: a reader that is gone must not stop the program.
///
/// - Parameters:
///   - bytes: What to write.
///   - number: An open descriptor.
package func writeText(_ bytes: [UInt8], to number: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = writeBytes(number, rest.span)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
    }
}

/// Writes all of a text to a descriptor; what cannot be written is dropped.
package func writeText(_ text: String, to number: Int32) { writeText(Array(text.utf8), to: number) }
