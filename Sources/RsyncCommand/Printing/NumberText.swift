import LinuxSystem

/// Numbers as rsync prints them (protocol specification, transfer 18.5).
struct NumberText: Sendable {
    /// 0 plain, 1 with separators, 2 with units of 1000, 3 with units of 1024.
    let level: Int

    /// A count.
    func count(_ number: Int64) -> String {
        switch level {
        case 0: "\(number)"
        case 1: grouped(number)
        default: scaled(number)
        }
    }

    private func scaled(_ number: Int64) -> String {
        let step: Double = level == 2 ? 1000 : 1024
        guard Double(number.magnitude) >= step else { return "\(number)" }
        var value = Double(number) / step
        for unit in ["K", "M", "G", "T"] {
            if value.magnitude < step { return Self.fixed(value, digits: 2) + unit }
            value /= step
        }
        return Self.fixed(value, digits: 2) + "P"
    }

    /// A number with two digits after the point, such as a rate.
    func decimal(_ number: Double) -> String {
        let whole = Int64(min(number, 9e18))
        if level >= 2, Double(whole) >= (level == 2 ? 1000 : 1024) { return scaled(whole) }
        let text = Self.fixed(number, digits: 2)
        guard level == 1, let point = text.firstIndex(of: ".") else { return text }
        return grouped(Int64(text[..<point]) ?? whole) + text[point...]
    }

    /// A number with a fixed count of digits after the point, rounded half away from zero.
    static func fixed(_ number: Double, digits: Int) -> String {
        var scale: Double = 1
        for _ in 0..<digits { scale *= 10 }
        guard number.magnitude < 9e15 else { return "\(Int64(min(max(number, -9e18), 9e18)))" }
        let scaled = Int64((number.magnitude * scale).rounded())
        let fraction = "\(scaled % Int64(scale))"
        let sign = number < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return sign + "\(scaled)" }
        return "\(sign)\(scaled / Int64(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}

extension String {
    /// Right-aligned with blanks.
    func right(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
