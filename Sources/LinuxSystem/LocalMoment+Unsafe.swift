import Glibc

// Invariant: each call reads and fills local variables only, which outlive it.

/// A date and a time of day in the local time zone; parts beyond their range are carried over.
package struct LocalMoment: Equatable, Sendable {
    /// The year, such as 2031.
    package let year: Int
    /// 1 to 12.
    package let month: Int
    /// 1 to 31.
    package let day: Int
    /// 0 to 23.
    package let hour: Int
    /// 0 to 59.
    package let minute: Int

    /// Makes a moment from its parts.
    package init(year: Int, month: Int, day: Int, hour: Int, minute: Int) {
        (self.year, self.month, self.day, self.hour, self.minute) = (year, month, day, hour, minute)
    }

    /// The minute of a time; localtime_r(3).
    ///
    /// - Parameter seconds: Seconds since 1970.
    package init?(seconds: Int64) {
        var clock = time_t(seconds)
        var parts = unsafe tm()
        guard unsafe localtime_r(&clock, &parts) != nil else { return nil }
        self.init(
            year: unsafe Int(parts.tm_year) + 1900,
            month: unsafe Int(parts.tm_mon) + 1,
            day: unsafe Int(parts.tm_mday),
            hour: unsafe Int(parts.tm_hour),
            minute: unsafe Int(parts.tm_min)
        )
    }

    /// Seconds since 1970; nil if the system has no such time; mktime(3).
    package var seconds: Int64? {
        var parts = unsafe tm()
        unsafe parts.tm_year = Int32(clamping: year - 1900)
        unsafe parts.tm_mon = Int32(clamping: month - 1)
        unsafe parts.tm_mday = Int32(clamping: day)
        unsafe parts.tm_hour = Int32(clamping: hour)
        unsafe parts.tm_min = Int32(clamping: minute)
        unsafe parts.tm_isdst = -1
        let clock = unsafe mktime(&parts)
        return clock == -1 ? nil : Int64(clock)
    }

    /// The seconds since 1970 at present.
    package static var secondsNow: Int64 { Int64(time(nil)) }
}
