/// A rate limit as the user writes it: `500`, `500K`, `1.5M`, `2G`.
package struct BandwidthRate: Equatable, Sendable {
    /// KiB per second; 0 for no limit.
    package let kibibytesPerSecond: Int64

    /// Reads a rate.
    ///
    /// - Parameters:
    ///   - text: A decimal number of KiB/s, or of K, M or G (powers of 1024) with that letter behind; 0 is no limit.
    ///   - option: Where it was given, for the error.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``.
    package init(parsing text: String, of option: String = "--bwlimit") throws(AgentError) {
        let units: [Character: Double] = ["K": 1, "M": 1024, "G": 1024 * 1024]
        var digits = text[...]
        var unit = 1.0
        if let last = text.last, let factor = units[Character(last.uppercased())] {
            unit = factor
            digits = digits.dropLast()
        }
        let isPlain = digits.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
        guard isPlain, let number = Double(String(digits)), number * unit <= 1e12, number == 0 || number * unit >= 1
        else {
            throw AgentError(.badSetting, "\(option) \(text) is not a rate such as 500K or 1.5M", exitCode: 1)
        }
        kibibytesPerSecond = Int64(number * unit)
    }
}
