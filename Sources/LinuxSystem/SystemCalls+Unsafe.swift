package import CLinux
import Glibc

// System calls as functions of values.
//
// Invariant: a pointer is that of an array, a string or a local variable, is as long as the call is told, and ends with
// the call. Each answers as the C function does: -1 means that `errno` tells why.

/// The time of a clock; clock_gettime(2) cannot fail for the clocks of the system.
package func clockTime(_ clock: clockid_t) -> timespec {
    var time = timespec()
    _ = unsafe clock_gettime(clock, &time)
    return time
}

/// The time since 1970 in UTC.
package func wallClock() -> (seconds: Int64, nanoseconds: Int) {
    let time = clockTime(CLOCK_REALTIME)
    return (Int64(time.tv_sec), time.tv_nsec)
}

/// strerror(3), for any thread.
func errorText(_ number: Int32) -> String? {
    var buffer = [CChar](repeating: 0, count: 256)
    // strerror_r may answer with a static string or with `buffer`; both outlive this function.
    return unsafe strerror_r(number, &buffer, buffer.count).map { unsafe String(cString: $0) }
}

/// open(2).
package func openFile(_ path: String, _ flags: Int32, mode: mode_t = 0) -> Int32 {
    unsafe dvm_openat(AT_FDCWD, path, flags, mode)
}

/// open(2) of a path of any bytes; one with a NUL in it does not exist.
package func openFile(_ path: [UInt8], _ flags: Int32, mode: mode_t = 0) -> Int32 {
    guard !path.contains(0) else {
        errno = ENOENT
        return -1
    }
    return unsafe dvm_openat(AT_FDCWD, path.map { CChar(bitPattern: $0) } + [0], flags, mode)
}

/// unlink(2) of a path of any bytes but NUL.
package func removeName(_ path: [UInt8]) -> Int32 { unsafe unlink(path.map { CChar(bitPattern: $0) } + [0]) }

/// write(2).
package func writeBytes(_ descriptor: Int32, _ bytes: Span<UInt8>) -> Int {
    unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
}

/// read(2), into what a span has from an index on.
package func readBytes(_ descriptor: Int32, into span: inout MutableSpan<UInt8>, from start: Int = 0) -> Int {
    precondition(start >= 0 && start <= span.count)
    return unsafe span.withUnsafeMutableBytes { buffer in
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[start...])
        return unsafe read(descriptor, rest.baseAddress, rest.count)
    }
}

/// fstat(2).
package func readStatus(_ descriptor: Int32, into status: inout stat) -> Int32 { unsafe fstat(descriptor, &status) }

/// The value of a variable of the environment.
package func environmentValue(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

/// A moment in the local time zone; nil for one that the calendar does not reach.
package func localTime(
    _ seconds: Int64
) -> (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int)? {
    var clock = time_t(seconds)
    var parts = unsafe tm()
    guard unsafe localtime_r(&clock, &parts) != nil else { return nil }
    return unsafe (
        Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday), Int(parts.tm_hour), Int(parts.tm_min),
        Int(parts.tm_sec)
    )
}

/// Reads a password from the terminal without showing it: getpass(3); nil without a terminal.
package func readPassword(prompt: String) -> [UInt8]? {
    unsafe getpass(prompt).map { unsafe Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
}

/// Sends a line to the system's log; the text is never a format.
package func sendToSystemLog(_ priority: Int32, _ text: String) { unsafe dvm_syslog(priority, text) }
