import CLinux
import Glibc
import LinuxSystem

/// Nanoseconds of the clock that never jumps.
func monotonicNanoseconds() -> Int64 {
    let now = clockTime(CLOCK_MONOTONIC)
    return now.seconds * 1_000_000_000 + Int64(now.nanoseconds)
}

extension Duration {
    /// Nanoseconds, at most 292 years of them.
    var clampedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds < 9_000_000_000 else { return 9_000_000_000 * 1_000_000_000 }
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

/// How a wait for a descriptor ended.
enum WaitOutcome {
    case ready
    case stopped
    case timedOut
}

/// Waits with poll(2) until a descriptor can be used, the switch is thrown or the clock passes `deadline`.
///
/// - Parameters:
///   - descriptor: What to wait on.
///   - events: `POLLIN` or `POLLOUT`; errors and hang-ups count as ready, the call that follows tells which.
///   - stop: Ends the wait when thrown.
///   - deadline: In ``monotonicNanoseconds()``; nil waits for ever.
/// - Returns: How the wait ended.
/// - Throws: `SystemError` of poll(2).
func waitUntilReady(
    _ descriptor: Int32,
    _ events: Int32,
    stop: StopSignal?,
    deadline: Int64?
) throws(SystemError) -> WaitOutcome {
    var watched: [2 of pollfd] = [
        pollfd(fd: descriptor, events: Int16(events), revents: 0),
        pollfd(fd: stop?.eventDescriptor ?? -1, events: Int16(POLLIN), revents: 0),
    ]
    while true {
        var milliseconds: Int32 = -1
        if let deadline {
            let left = deadline - monotonicNanoseconds()
            guard left > 0 else { return .timedOut }
            milliseconds = Int32(clamping: (left + 999_999) / 1_000_000)
        }
        let count = poll(&watched, milliseconds: milliseconds)
        if count == -1 {
            let number = errno
            guard number == EINTR else { throw SystemError(operation: "poll", number: number) }
            continue
        }
        if watched[1].revents != 0 { return .stopped }
        if watched[0].revents != 0 { return .ready }
    }
}
