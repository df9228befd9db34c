package import LinuxSystem

/// What the options of a client's command line may read.
package struct OptionSurroundings {
    /// Reads a file of patterns: its path, its kind for messages, and which links on the way are followed.
    package typealias FileReader =
        (_ path: [UInt8], _ what: String, _ rule: PathRule) throws(OptionError) -> [UInt8]

    let readFile: FileReader
    /// What `$HOME/.cvsignore` and `$CVSIGNORE` say, as words.
    let userCVSPatterns: () -> [UInt8]

    /// Makes the surroundings of a command line.
    package init(userCVSPatterns: @escaping () -> [UInt8] = { [] }, readFile: @escaping FileReader) {
        self.readFile = readFile
        self.userCVSPatterns = userCVSPatterns
    }
}

/// The value of an option, with its parsers.
package struct OptionValue {
    /// The option's long name as it was written.
    let option: String
    package let bytes: [UInt8]
    /// Whether it is a server's: clients send plain decimal numbers.
    let isPlain: Bool
    /// Reads what the option names; nil where it names nothing.
    let surroundings: OptionSurroundings?

    /// A value of a client's or a daemon's command line.
    init(option: String, bytes: [UInt8], _ surroundings: OptionSurroundings? = nil) {
        self.option = option
        self.bytes = bytes
        isPlain = false
        self.surroundings = surroundings
    }

    /// A value of a server's arguments.
    init(server option: String, bytes: [UInt8]) {
        self.option = option
        self.bytes = bytes
        isPlain = true
        surroundings = nil
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The error for an invalid value.
    var invalid: OptionError { .usage("--\(option)=\(text) is invalid") }

    /// A whole number within limits, in C syntax: `0x` hexadecimal, `0` octal; an empty value counts as 0.
    ///
    /// A server's is decimal.
    func number<Value: FixedWidthInteger>(in range: ClosedRange<Value>) throws(OptionError) -> Value {
        if isPlain {
            guard let number = Value(text), range.contains(number) else { throw invalid }
            return number
        }
        if bytes.isEmpty, range.contains(0) { return 0 }
        var digits = text[...].drop { $0 == " " }
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits = digits.dropFirst() }
        let radix = digits.lowercased().hasPrefix("0x") ? 16 : digits.first == "0" ? 8 : 10
        if radix == 16 { digits = digits.dropFirst(2) }
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && ($0.hexDigitValue ?? radix) < radix }) else {
            throw .usage("--\(option)=\(text): invalid numeric value")
        }
        let sign = isNegative ? "-" : ""
        guard let number = Value(sign + digits, radix: radix), range.contains(number) else {
            throw .usage("--\(option)=\(text): number too large or too small")
        }
        return number
    }

    /// A size with an optional fraction and suffix: `K`, `KiB` for 1024, `KB` for 1000, and so on; `+1` or `-1` may
    /// follow.
    ///
    /// - Parameter unit: The unit of a number without suffix, in bytes.
    /// - Returns: Bytes; values beyond 2^62 count as 2^62, an empty value as 0.
    /// - Throws: ``OptionError/usage(_:)`` for an invalid size.
    func size(unit: Double) throws(OptionError) -> Int64 {
        if bytes.isEmpty { return 0 }
        var rest = text[...]
        let isNegative = rest.first == "-"
        if isNegative { rest = rest.dropFirst() }
        let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        rest = rest.dropFirst(digits.count)
        guard digits != ".", let number = Double("0\(digits)") ?? Double("0\(digits)0") else { throw invalid }
        guard let factor = Self.takeFactor(&rest, unit: unit), !digits.isEmpty else { throw invalid }
        guard let correction = ["": 0, "+1": 1, "-1": -1][rest] else { throw invalid }
        let size = number * factor < 0x1p62 ? Int64(number * factor) : 1 << 62
        return (isNegative ? -size : size) + Int64(correction)
    }

    private static func takeFactor(_ rest: inout Substring, unit: Double) -> Double? {
        let suffix = rest.prefix { $0.isLetter }.lowercased()
        rest = rest.dropFirst(suffix.count)
        guard let letter = suffix.first else { return unit }
        guard let power = ["b": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5][letter] else { return nil }
        let base: Double
        switch suffix.dropFirst() {
        case "": base = 1024
        case "ib" where power > 0: base = 1024
        case "b" where power > 0: base = 1000
        default: return nil
        }
        return (0..<power).reduce(1) { factor, _ in factor * base }
    }

    /// A rate in KiB/s, rounded as rsync does (protocol specification, transfer 17); 0 for none.
    ///
    /// A server gets it in KiB/s, or as a user has written it (`--remote-option`).
    func bandwidth() throws(OptionError) -> Int64 {
        if isPlain, Int32(text) != nil { return Int64(try number(in: 0...Int32.max)) }
        let bytes = try size(unit: 1024)
        // A peer reads it as a number of 32 bits.
        guard bytes >= 0, bytes / 1024 < Int64(Int32.max) else { throw .usage("--\(option)=\(text) is too large") }
        guard bytes == 0 || bytes >= 512 else {
            throw .usage("--\(option)=\(text) is too small (min: 512 or 0 for unlimited)")
        }
        return (bytes + 512) / 1024
    }

    /// A block length that a peer accepts; 0 for rsync's rule.
    func blockLength() throws(OptionError) -> Int {
        if isPlain, Int32(text) != nil { return try number(in: 0...131_072) }
        let size = try size(unit: 1)
        guard (0...131_072).contains(size) else { throw .usage("--\(option)=\(text) is too large (max: 128.00K)") }
        return Int(size)
    }
}
