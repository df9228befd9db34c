import CLinux
import Glibc

// System calls as functions on values.
//
// Invariant: a pointer is to an array, a string or a local variable, has the length that is passed, and ends with the
// call. Each returns the C function's result: after -1, `errno` tells why.

/// The time of a clock; clock_gettime(2) cannot fail for the system's clocks.
package func clockTime(_ clock: Int32) -> (seconds: Int64, nanoseconds: Int) {
    var time = timespec()
    _ = unsafe clock_gettime(clock, &time)
    return (Int64(time.tv_sec), time.tv_nsec)
}

/// The time since 1970 in UTC.
package func wallClock() -> (seconds: Int64, nanoseconds: Int) { clockTime(CLOCK_REALTIME) }

/// strerror(3), thread-safe.
func errorText(_ number: Int32) -> String? {
    var buffer = [CChar](repeating: 0, count: 256)
    // strerror_r may return a static string or `buffer`; both outlive the conversion.
    return unsafe strerror_r(number, &buffer, buffer.count).map { unsafe String(cString: $0) }
}

/// open(2).
package func openFile(_ path: String, _ flags: Int32, mode: UInt32 = 0) -> Int32 {
    unsafe dvm_openat(AT_FDCWD, path, flags, mode)
}

/// open(2) of a path of any bytes; one that contains a NUL does not exist.
package func openFile(_ path: [UInt8], _ flags: Int32, mode: UInt32 = 0) -> Int32 {
    guard !path.contains(0) else {
        errno = ENOENT
        return -1
    }
    return unsafe dvm_openat(AT_FDCWD, path.map { CChar(bitPattern: $0) } + [0], flags, mode)
}

/// openat(2) of a path of any bytes except NUL.
func openFile(_ path: [UInt8], _ flags: Int32, mode: UInt32 = 0, in directory: Int32) -> Int32 {
    unsafe dvm_openat(directory, path.map { CChar(bitPattern: $0) } + [0], flags, mode)
}

/// mkdirat(2) of a name of any bytes except NUL.
func makeDirectory(_ name: [UInt8], _ permissions: UInt32, in directory: Int32) -> Int32 {
    unsafe mkdirat(directory, name.map { CChar(bitPattern: $0) } + [0], permissions)
}

/// The target of a symbolic link that is open by `O_PATH`; nil with `errno` if it is none.
func linkTarget(of link: Int32) -> [UInt8]? {
    var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlinkat(link, "", &target, target.count)
    return count < 0 ? nil : Array(target.prefix(count))
}

/// Whether an open file is one of procfs(5).
func isOnProcessFileSystem(_ descriptor: Int32) -> Bool {
    var figures = statfs()
    return unsafe fstatfs(descriptor, &figures) == 0 && figures.f_type == 0x9FA0
}

/// unlink(2) of a path of any bytes except NUL.
package func removeName(_ path: [UInt8]) -> Int32 { unsafe unlink(path.map { CChar(bitPattern: $0) } + [0]) }

/// rename(2).
package func renameFile(_ path: String, _ newPath: String) -> Int32 { unsafe rename(path, newPath) }

/// write(2).
package func writeBytes(_ descriptor: Int32, _ bytes: Span<UInt8>) -> Int {
    unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
}

/// read(2), into a span from an index on.
package func readBytes(_ descriptor: Int32, into span: inout MutableSpan<UInt8>, from start: Int = 0) -> Int {
    precondition(start >= 0 && start <= span.count)
    return unsafe span.withUnsafeMutableBytes { buffer in
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[start...])
        return unsafe read(descriptor, rest.baseAddress, rest.count)
    }
}

/// The value of an environment variable.
package func environmentValue(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

/// A time in the local time zone; nil if the calendar cannot represent it.
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

/// Reads a password from the terminal without echo: getpass(3); nil without a terminal.
package func readPassword(prompt: String) -> [UInt8]? {
    unsafe getpass(prompt).map { unsafe Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
}

/// Sends a line to the system log; the text is not used as a format string.
package func sendToSystemLog(_ priority: Int32, _ text: String) { unsafe dvm_syslog(priority, text) }

/// fnmatch(3) without flags: `*`, `?` and `[...]`, which match a slash and a leading dot as well.
package func matchesFileNamePattern(_ pattern: String, _ text: String) -> Bool {
    unsafe fnmatch(pattern, text, 0) == 0
}

/// The names in a directory except `.` and `..`; nil with `errno` when the path is not a readable directory.
package func directoryNames(_ path: [UInt8]) -> [[UInt8]]? {
    let text = path.map { CChar(bitPattern: $0) } + [0]
    guard !path.contains(0), let directory = unsafe opendir(text) else { return nil }
    defer { unsafe closedir(directory) }
    var names: [[UInt8]] = []
    while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
        if name != [0x2E], name != [0x2E, 0x2E] { names.append(name) }
    }
    return names
}

/// Locks a range of a file for its open file description (`F_OFD_SETLK`), without waiting.
package func lockRange(of file: Int32, at start: Int64, count: Int64) -> Int32 {
    dvm_lock_range(file, start, count)
}

/// Whether there is something at a path: access(2).
package func isPresent(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
