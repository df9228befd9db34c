import Foundation
import Glibc

/// Sets the times of a file, or of a symbolic link itself.
///
/// - Throws: What the kernel says.
package func setTime(of path: String, seconds: Int, nanoseconds: Int = 0) throws {
    var times = (timespec(), timespec())
    times.1.tv_sec = seconds
    times.1.tv_nsec = nanoseconds
    times.0 = times.1
    try withUnsafePointer(to: &times) { pointer in
        try pointer.withMemoryRebound(to: timespec.self, capacity: 2) {
            guard utimensat(AT_FDCWD, path, $0, AT_SYMLINK_NOFOLLOW) == 0 else {
                throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
            }
        }
    }
}
