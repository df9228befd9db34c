import CLinux
import Glibc

/// A moment as file systems keep it: seconds since 1970 and nanoseconds after them.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Seconds since 1970-01-01 00:00 UTC; negative before.
    package var seconds: Int64
    /// Nanoseconds after `seconds`, 0 to 999,999,999.
    package var nanoseconds: Int32

    /// Names a moment.
    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Earlier moments come first.
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// What utimensat(2) takes.
    var timespec: Glibc.timespec { Glibc.timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds)) }
}
