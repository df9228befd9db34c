import Glibc

/// Numbers in human-readable form; bytes in powers of 1024.
package enum Figures {
    private static let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

    /// Such as `0.00KiB`, `629.15MiB`: two decimals, never less than KiB, so that a rate always has a point.
    package static func bytes(_ count: Double) -> String {
        var value = max(count, 0) / 1024
        var unit = 1
        // A value that rounds to 1024.00 is written in the next unit.
        while value >= 1023.995, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return fixed(value) + units[unit]
    }

    /// Such as `629.15MiB`.
    package static func bytes(_ count: Int64) -> String { bytes(Double(count)) }

    /// Such as `66.13MiB/s`.
    package static func rate(_ bytesPerSecond: Double) -> String { bytes(bytesPerSecond) + "/s" }

    /// A Kubernetes quantity, such as `11.3Gi` or `512`: one decimal, in powers of 1024.
    package static func binary(_ count: Int64) -> String {
        let units = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
        var unit = 0
        var scale: Int64 = 1
        while unit < units.count - 1, count / scale >= 1024 {
            scale *= 1024
            unit += 1
        }
        // Rounded down, so that it never promises more than there is.
        let tenths = scale == 1 ? 0 : count % scale / max(1, scale / 10)
        return "\(count / scale)" + (min(tenths, 9) > 0 ? ".\(min(tenths, 9))" : "") + units[unit]
    }

    /// Such as `0:01:01`; hours are not folded into days.
    package static func time(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 360_000_000 else { return "-:--:--" }
        let whole = Int(seconds.rounded())
        return "\(whole / 3600):\(twoDigits(whole / 60 % 60)):\(twoDigits(whole % 60))"
    }

    /// Two decimals, rounded.
    package static func fixed(_ value: Double) -> String {
        // A peer's rates and times may be any value.
        let hundredths = Int64(max(0, min((value * 100).rounded(), 9e18)))
        return "\(hundredths / 100).\(twoDigits(Int(hundredths % 100)))"
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
