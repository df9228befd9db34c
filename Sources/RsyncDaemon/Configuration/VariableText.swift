import LinuxSystem

/// A text in which `%NAME%` stands for a variable of the environment (rsyncd.conf(5), global parameters).
package struct VariableText: Equatable, Sendable, ExpressibleByStringLiteral {
    /// The text as written.
    package let raw: [UInt8]

    package init(_ raw: [UInt8]) { self.raw = raw }

    package init(stringLiteral text: String) { raw = Array(text.utf8) }

    /// Whether there is nothing.
    package var isEmpty: Bool { raw.isEmpty }

    /// Replaces each variable that has a value; everything else stays as it is.
    ///
    /// - Parameters:
    ///   - value: The value of a variable; nil if there is none of that name.
    ///   - onVariable: Called with each name and value that is put in; it may replace the value.
    /// - Returns: The text.
    /// - Throws: What `onVariable` throws.
    package func expanded<Failure>(
        _ value: (_ name: String) -> [UInt8]?,
        replacing onVariable: (_ name: String, _ value: [UInt8]) throws(Failure) -> [UInt8]
    ) throws(Failure) -> [UInt8] {
        let percent = UInt8(ascii: "%")
        var (result, rest) = ([UInt8](), raw[...])
        while let start = rest.firstIndex(of: percent) {
            result += rest[..<start]
            rest = rest[start...]
            if let end = rest.dropFirst().firstIndex(of: percent) {
                let name = String(decoding: rest[(start + 1)..<end], as: UTF8.self)
                if Self.isName(name), let found = value(name) {
                    result += try onVariable(name, found)
                    rest = rest[(end + 1)...]
                    continue
                }
            }
            result.append(percent)
            rest = rest.dropFirst()
        }
        return result + rest
    }

    /// Replaces each variable that has a value.
    package func expanded(_ value: (_ name: String) -> [UInt8]?) -> [UInt8] { expanded(value) { $1 } }

    /// Replaces the variables of this process's environment.
    package var ofProcess: [UInt8] { expanded { environmentValue($0).map { Array($0.utf8) } } }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else { return false }
        return text.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || Character(UnicodeScalar($0)).isLetter || (48...57).contains($0)
        }
    }
}
