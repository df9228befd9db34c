import Glibc
import LinuxSystem

/// A line of `--list-only` (rsync(1)).
package enum ListingLine {
    /// The line for an entry.
    ///
    /// - Parameters:
    ///   - item: The entry.
    ///   - size: Its size as text, right-aligned in its column.
    ///   - showsAccess: Whether there is a column for access times, which directories do not have (`-U`).
    /// - Returns: The line, with unprintable bytes of names as they are.
    package static func line(_ item: ItemReport, size: String, showsAccess: Bool = false) -> [UInt8] {
        let access = showsAccess ? (item.accessed.map(time) ?? String(repeating: " ", count: 19)) + " " : ""
        let start = "\(type(item.mode))\(permissions(item.mode)) \(size) \(time(item.modified)) \(access)"
        var line = Array(start.utf8) + item.name
        if item.mode & 0o170000 == 0o120000, !item.target.isEmpty { line += Array(" -> ".utf8) + item.target }
        return line
    }

    /// A size with commas, in a column of 14 characters.
    static func size(_ number: Int64) -> String {
        var digits = ""
        for (index, digit) in "\(number)".reversed().enumerated() {
            if index > 0, index % 3 == 0 { digits.append(",") }
            digits.append(digit)
        }
        return String(repeating: " ", count: max(0, 14 - digits.count)) + digits.reversed()
    }

    private static func type(_ mode: UInt32) -> Character {
        switch mode & 0o170000 {
        case 0o040000: "d"
        case 0o120000: "l"
        case 0o020000: "c"
        case 0o060000: "b"
        case 0o010000: "p"
        case 0o140000: "s"
        default: "-"
        }
    }

    private static func permissions(_ mode: UInt32) -> String {
        var text = Array("rwxrwxrwx")
        for bit in 0..<9 where mode & (0o400 >> bit) == 0 { text[bit] = "-" }
        for (bit, place, set) in [(0o4000, 2, "s"), (0o2000, 5, "s"), (0o1000, 8, "t")] as [(UInt32, Int, String)]
        where mode & bit != 0 {
            text[place] = Character(text[place] == "-" ? set.uppercased() : set)
        }
        return String(text)
    }

    private static func time(_ seconds: Int64) -> String {
        guard let moment = localTime(seconds) else { return "(time out of range)" }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(moment.year)/\(two(moment.month))/\(two(moment.day)) "
            + "\(two(moment.hour)):\(two(moment.minute)):\(two(moment.second))"
    }
}
