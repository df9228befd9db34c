import LinuxSystem

/// A moment of the calendar, to the millisecond.
struct LogTime: Equatable, Sendable {
    /// Seconds since 1970 in UTC.
    let seconds: Int64
    /// 0 to 999.
    let milliseconds: Int

    /// This moment.
    static var now: LogTime {
        let time = wallClock()
        return LogTime(seconds: time.seconds, milliseconds: time.nanoseconds / 1_000_000)
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

    /// Reads what ``text`` wrote; nil for anything else.
    ///
    /// - Parameter text: A time of the years 1970 to 9999.
    init?(parsing text: String) {
        let form = "0000-00-00T00:00:00.000Z"
        let isOfForm =
            text.utf8.count == form.utf8.count
            && zip(text.utf8, form.utf8).allSatisfy { $1 == 0x30 ? (0x30...0x39).contains($0) : $0 == $1 }
        guard isOfForm else { return nil }
        let parts = text.split { !("0"..."9").contains($0) }.compactMap { Int($0) }
        let (year, month, day) = (parts[0], parts[1], parts[2])
        guard year >= 1970, (1...12).contains(month), (1...31).contains(day) else { return nil }
        guard parts[3] < 24, parts[4] < 60, parts[5] < 60 else { return nil }
        let days = Self.days(year, month, day)
        guard Self.date(days) == (year, month, day) else { return nil }
        seconds = Int64(days * 86_400 + parts[3] * 3600 + parts[4] * 60 + parts[5])
        milliseconds = parts[6]
    }

    /// Makes a moment.
    init(seconds: Int64, milliseconds: Int) {
        self.seconds = seconds
        self.milliseconds = milliseconds
    }

    /// The number of days from 1970-01-01 to a date, as ``date(_:)`` counts them.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month > 2 ? year : year - 1
        let (era, yearOfEra) = (year / 400, year % 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
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
