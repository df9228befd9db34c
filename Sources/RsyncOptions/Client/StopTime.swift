import LinuxSystem

/// When a side stops (rsync(1), `--stop-after` and `--stop-at`).
package enum StopTime: Sendable, Equatable {
    /// After seconds.
    case after(Int64)
    /// At seconds since 1970.
    case at(Int64)

    /// Reads a number of minutes; what follows the number is ignored, like by rsync.
    init(after value: OptionValue) throws(OptionError) {
        let digits = value.text.drop { $0 == " " || $0 == "+" }.prefix { $0.isASCII && $0.isNumber }
        guard let minutes = Int64(digits.prefix(10)), minutes > 0 else {
            throw .usage("invalid --stop-after value: \(value.text)")
        }
        self = .after(minutes * 60)
    }

    /// Reads a point in time.
    init(at value: OptionValue) throws(OptionError) {
        guard let pattern = TimePattern(value.text) else {
            throw .usage("invalid --stop-at format: \(value.text)")
        }
        let now = LocalMoment.secondsNow
        guard let moment = pattern.next(after: now), moment > now else {
            throw .usage("--stop-at time is not in the future: \(value.text)")
        }
        self = .at(moment)
    }

    /// The seconds until then; 0 if it has passed.
    package var secondsLeft: Int64 {
        switch self {
        case .after(let seconds): seconds
        case .at(let moment): max(0, moment - LocalMoment.secondsNow)
        }
    }
}

/// A local time of which the larger units may be left out: `[[YEAR-]MONTH-]DAY`, `T` and `[HOUR]:MINUTE`, both optional.
struct TimePattern: Equatable {
    private var year: Int?
    private var month: Int?
    private var day: Int?
    private var hour: Int?
    private var minute = 0

    /// Parses a value; dates may also have slashes, and years two digits.
    init?(_ text: String) {
        let halves = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "T" || $0 == "t" }
        let (date, time) =
            halves.count == 2 ? (halves[0], halves[1]) : text.contains(":") ? ("", text[...]) : (text[...], "")
        guard !(date.isEmpty && time.isEmpty) else { return nil }
        if !date.isEmpty {
            guard takeDate(date) else { return nil }
            hour = 0
        }
        if !time.isEmpty, !takeTime(time, hasDate: !date.isEmpty) { return nil }
    }

    private mutating func takeDate(_ text: Substring) -> Bool {
        let fields = text.split(omittingEmptySubsequences: false) { $0 == "-" || $0 == "/" }.map(Self.number)
        let numbers = fields.compactMap(\.self)
        guard numbers.count == fields.count, (1...3).contains(numbers.count) else { return false }
        day = numbers[numbers.count - 1]
        month = numbers.count > 1 ? numbers[numbers.count - 2] : nil
        year = numbers.count > 2 ? (numbers[0] < 100 ? 2000 + numbers[0] : numbers[0]) : nil
        return (1...31).contains(day ?? 0) && (1...12).contains(month ?? 1)
    }

    private mutating func takeTime(_ text: Substring, hasDate: Bool) -> Bool {
        let fields = text.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count == 2, let minute = Self.number(fields[1]) else { return false }
        self.minute = minute
        hour = fields[0].isEmpty && !hasDate ? nil : Self.number(fields[0]) ?? 24
        return (0...59).contains(minute) && (0...23).contains(hour ?? 0)
    }

    private static func number(_ digits: Substring) -> Int? {
        (1...4).contains(digits.count) && digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int(digits) : nil
    }

    /// The next time that matches.
    ///
    /// - Parameter now: Seconds since 1970.
    /// - Returns: Seconds since 1970; one with a year may be past. Nil if there is none.
    func next(after now: Int64) -> Int64? {
        if let year, let month, let day {
            return LocalMoment(year: year, month: month, day: day, hour: hour ?? 0, minute: minute).seconds
        }
        guard let today = LocalMoment(seconds: now) else { return nil }
        // 29 February may be eight years away.
        for ahead in 0...(366 * 8) {
            let noon = LocalMoment(year: today.year, month: today.month, day: today.day + ahead, hour: 12, minute: 0)
            guard let date = noon.seconds.flatMap(LocalMoment.init(seconds:)) else { return nil }
            guard date.month == month ?? date.month, date.day == day ?? date.day else { continue }
            for hour in hour.map({ $0...$0 }) ?? 0...23 {
                let found = LocalMoment(year: date.year, month: date.month, day: date.day, hour: hour, minute: minute)
                if let seconds = found.seconds, seconds > now { return seconds }
            }
        }
        return nil
    }
}
