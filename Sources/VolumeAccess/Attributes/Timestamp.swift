import CLinux
import Glibc

/// A time as file systems store it: seconds since 1970 and nanoseconds.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Seconds since 1970-01-01 00:00 UTC; negative before.
    package var seconds: Int64
    /// Nanoseconds after `seconds`, 0 to 999,999,999.
    package var nanoseconds: Int32

    /// Creates a time.
    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Orders times chronologically.
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// The form that utimensat(2) takes.
    var timespec: Glibc.timespec { Glibc.timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds)) }
}
