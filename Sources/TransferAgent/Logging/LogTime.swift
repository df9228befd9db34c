import Glibc

/// A moment of the calendar, to the millisecond.
struct LogTime: Equatable, Sendable {
    /// Seconds since 1970 in UTC.
    let seconds: Int64
    /// 0 to 999.
    let milliseconds: Int

    /// This moment.
    static var now: LogTime {
        var time = timespec()
        // It fails only for an invalid pointer or an unknown clock.
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return LogTime(seconds: Int64(time.tv_sec), milliseconds: time.tv_nsec / 1_000_000)
    }

    /// Such as `2026-11-28T19:24:01.123Z` (RFC 3339).
    var text: String {
        let days = Int((Double(seconds) / 86_400).rounded(.down))
        let second = Int(seconds) - days * 86_400
        let (year, month, day) = Self.date(days)
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let time = "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        return "\(date)T\(time).\(padded(milliseconds, 3))Z"
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// The date of a number of days since 1970-01-01, in the Gregorian calendar, from year 0 on.
    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        // Years begin in March here, so that the leap day ends them; an era is 400 years.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let year = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let calendarMonth = month < 10 ? month + 3 : month - 9
        return (era * 400 + year + (calendarMonth <= 2 ? 1 : 0), calendarMonth, dayOfYear - (153 * month + 2) / 5 + 1)
    }
}
